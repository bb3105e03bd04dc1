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

        int count = labels.Count(positive);
        T[] positives = new T[count], negatives = new T[labels.Length - count];
        for (int n = 0, next = 0; n < labels.Length; n++)
        {
            if (T.IsNaN(scores[n]))
                return double.NaN;
            if (labels[n] == positive)
                positives[next++] = scores[n];
            else
                negatives[n - next] = scores[n];
        }
        Array.Sort(positives);
        Array.Sort(negatives);

        long twiceWins = 0;
        int below = 0, notAbove = 0;
        foreach (T score in positives)
        {
            while (below < negatives.Length && negatives[below] < score)
                below++;
            while (notAbove < negatives.Length && negatives[notAbove] <= score)
                notAbove++;
            twiceWins += below + notAbove;
        }
        return positives.Length == 0 || negatives.Length == 0
            ? double.NaN : twiceWins / (2.0 * positives.Length * negatives.Length);
    }
}
