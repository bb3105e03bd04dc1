using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Reference;

/// <summary>Which hidden units of a model are left out of which image's training step, by definition: a draw for each.</summary>
/// <param name="Numbers">What the images are called in draws.</param>
/// <param name="Identity">Of the model.</param>
/// <param name="Seed">The run's.</param>
public sealed record ReferenceDropout(IReadOnlyList<int> Numbers, ulong Identity, uint Seed)
{
    /// <summary>The stream of draws for dropped units, a part of the file format.</summary>
    private const uint Stream = 6;

    /// <summary>[rows, H]: whether a unit is dropped.</summary>
    /// <param name="probability">That it is.</param>
    /// <param name="epoch">From 0.</param>
    public bool[] Of(float probability, int hidden, int epoch, int firstRow, int rows)
    {
        double below = Math.Round(probability * 4294967296.0);
        var dropped = new bool[rows * hidden];
        for (int n = 0; n < rows; n++)
        {
            for (int h = 0; h < hidden; h++)
            {
                var counter = new PhiloxBlock(
                    (uint)Numbers[firstRow + n], (uint)((epoch * 256) + (h / 4)), (uint)(Identity >> 32), (uint)Identity);
                PhiloxBlock bits = Philox.Draw(counter, Seed, Stream);
                dropped[(n * hidden) + h] = new[] { bits.X, bits.Y, bits.Z, bits.W }[h % 4] < below;
            }
        }

        return dropped;
    }
}
