using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Bench;

/// <summary>The work of one call.</summary>
/// <param name="DenseFlop">2 N D C a product, whatever is skipped.</param>
/// <param name="UsefulFlop">Two for each pixel and weight that are both not 0: what no form can leave out.</param>
/// <param name="Bytes">Operands and results once each, in the form's own storage: the traffic that no form can leave out.</param>
public readonly record struct BenchWork(double DenseFlop, double UsefulFlop, double Bytes)
{
    /// <param name="pixels">[N, D].</param>
    /// <param name="models">Pruned weights are 0.</param>
    /// <param name="inputs">D.</param>
    public static BenchWork Of(BenchOp op, BenchForm form, ReadOnlySpan<byte> pixels, IReadOnlyList<ModelParameters> models, int inputs)
    {
        double images = pixels.Length / inputs, columns = models.Sum(model => (double)model.B1.Length);
        double nonZeroPixels = pixels.Length - pixels.Count((byte)0);
        (double weights, double pairs) = CountWeights(PixelCounts(pixels, inputs), models);

        double product = 2 * images * inputs * columns, useful = 2 * pairs;

        // A map adds up the rows of W1 whose units are active; how many are is up to the images and not counted here.
        (double denseFlop, double usefulFlop) = op == BenchOp.Saliency ? (2 * product, useful + (2 * images * weights)) : (product, useful);

        const double Number = sizeof(float), Entry = Number + sizeof(ushort), OutsideEntry = Number + sizeof(int);
        double left = form == BenchForm.InputSparse ? Entry * nonZeroPixels : Number * pixels.Length;
        double right = form switch
        {
            BenchForm.WeightSparse => Entry * weights,
            BenchForm.Outside => OutsideEntry * weights,
            BenchForm.Masked => (2 * Number) * inputs * columns,
            _ => Number * inputs * columns,
        };
        double result = op switch
        {
            BenchOp.Backward => Number * images * columns,
            BenchOp.Saliency => Number * models.Count * pixels.Length,
            _ => form == BenchForm.Outside ? Number * images * columns : Number * images * models.Count,
        };
        return new BenchWork(denseFlop, usefulFlop, left + right + result);
    }

    private static int[] PixelCounts(ReadOnlySpan<byte> pixels, int inputs)
    {
        var counts = new int[inputs];
        for (int at = 0; at < pixels.Length; at++)
        {
            if (pixels[at] != 0)
                counts[at % inputs]++;
        }
        return counts;
    }

    // Models repeat (see BenchModels): each one is counted once.
    private static (double Weights, double Pairs) CountWeights(int[] pixelCounts, IReadOnlyList<ModelParameters> models)
    {
        double weights = 0, pairs = 0;
        foreach (IGrouping<float[], ModelParameters> same in models.GroupBy(model => model.W1))
        {
            int hidden = same.First().B1.Length;
            long own = 0, ownPairs = 0;
            for (int d = 0; d < pixelCounts.Length; d++)
            {
                int kept = hidden - same.Key.AsSpan(d * hidden, hidden).Count(0f);
                own += kept;
                ownPairs += (long)kept * pixelCounts[d];
            }
            int copies = same.Count();
            weights += (double)copies * own;
            pairs += (double)copies * ownPairs;
        }
        return (weights, pairs);
    }
}
