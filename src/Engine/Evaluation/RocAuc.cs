namespace GpuMlp.Engine.Evaluation;

/// <summary>
/// The exact area under the ROC curve: the probability that a positive image scores above a negative one, ties counting
/// half (the Mann-Whitney statistic).
/// </summary>
public static class RocAuc
{
    /// <param name="scores">One a image; any monotone score, here the logit.</param>
    /// <param name="labels">0 or 1 an image.</param>
    /// <returns>0..1; NaN when a score is NaN or a class is missing.</returns>
    public static double Compute(ReadOnlySpan<float> scores, ReadOnlySpan<byte> labels)
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException($"{scores.Length} scores for {labels.Length} labels", nameof(labels));

        float[] keys = scores.ToArray();
        byte[] sorted = labels.ToArray();
        foreach (float key in keys)
        {
            if (float.IsNaN(key))
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
                if (sorted[end] != 0)
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
