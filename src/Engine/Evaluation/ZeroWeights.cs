using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Evaluation;

/// <summary>Zeros among the weights of one model.</summary>
/// <param name="ShareW1">0..1.</param>
/// <param name="ShareW2">0..1.</param>
/// <param name="UnitsWithoutInput">Hidden units whose input weights are all zero.</param>
/// <param name="UnitsWithoutOutput">Hidden units whose output weights are all zero.</param>
public readonly record struct ZeroWeights(double ShareW1, double ShareW2, int UnitsWithoutInput, int UnitsWithoutOutput)
{
    /// <summary>Of W1.</summary>
    public int CountW1 { get; init; }

    /// <summary>Of w2.</summary>
    public int CountW2 { get; init; }

    public static ZeroWeights Count(ModelParameters model)
    {
        int hidden = model.Hidden, zeros = 0;
        var used = new bool[hidden];
        for (int first = 0; first < model.W1.Length; first += hidden)
        {
            ReadOnlySpan<float> row = model.W1.AsSpan(first, hidden);
            for (int h = 0; h < row.Length; h++)
            {
                if (row[h] == 0)
                    zeros++;
                else
                    used[h] = true;
            }
        }
        int zerosW2 = model.W2.Count(w => w == 0), withoutOutput = 0;
        for (int h = 0; h < hidden; h++)
        {
            bool isZero = true;
            for (int k = 0; k < model.Outputs; k++)
                isZero &= model.W2[(k * hidden) + h] == 0;
            withoutOutput += isZero ? 1 : 0;
        }
        return new ZeroWeights((double)zeros / model.W1.Length, (double)zerosW2 / model.W2.Length, used.Count(u => !u), withoutOutput)
        {
            CountW1 = zeros,
            CountW2 = zerosW2,
        };
    }
}
