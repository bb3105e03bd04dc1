using System.Numerics;

namespace GpuMlp.Engine.Evaluation;

/// <summary>
/// The exact area under the ROC curve: the probability that a positive image scores above a negative one, ties counting
/// half (the Mann-Whitney statistic).
/// </summary>
public static class RocAuc
{
    /// <param name="scores">One an image; any monotone score, here the logit.</param>
    /// <param name="labels">One an image.</param>
    /// <param name="positive">The label of positive images.</param>
    /// <typeparam name="T">float or double.</typeparam>
    /// <returns>0..1; NaN when a score is NaN, or no image is positive, or none is negative.</returns>
    public static double Compute<T>(ReadOnlySpan<T> scores, ReadOnlySpan<byte> labels, byte positive = 1)
        where T : struct, IFloatingPointIeee754<T>
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException($"{scores.Length} scores for {labels.Length} labels", nameof(labels));

        T[] keys = scores.ToArray();
        byte[] sorted = labels.ToArray();
        foreach (T key in keys)
        {
            if (T.IsNaN(key))
                return double.NaN;
        }
        Array.Sort(keys, sorted);

        long negativesBelow = 0, positives = 0, twiceWins = 0;
        for (int first = 0; first < keys.Length;)
        {
            int end = first;
            long tiedPositives = 0, tiedNegatives = 0;
            for (; end < keys.Length && keys[end] == keys[first]; end++)
            {
                if (sorted[end] == positive)
                    tiedPositives++;
                else
                    tiedNegatives++;
            }
            twiceWins += tiedPositives * ((2 * negativesBelow) + tiedNegatives);
            negativesBelow += tiedNegatives;
            positives += tiedPositives;
            first = end;
        }
        return positives == 0 || negativesBelow == 0 ? double.NaN : twiceWins / (2.0 * positives * negativesBelow);
    }
}
