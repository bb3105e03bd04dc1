using System.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// Which pixels stand side by side in the pairs that exact products multiply at once. A pair that is 0 is skipped, so pixels that
/// are set in the same images belong together. Sums of integers do not see the choice.
/// </summary>
internal static class PixelPairs
{
    // Enough images to know which pixels go together; a bit each.
    private const int Sampled = 512, Words = Sampled / 64;

    // With more pixels neighbours are paired: the search takes their number squared.
    private const int MostSearched = 4096;

    /// <summary>
    /// Pixel numbers pair by pair, -1 for the partner that the last one lacks; D stands for the constant pixel. Pixels that are 0
    /// in every image are left out unless <paramref name="all"/> is set.
    /// </summary>
    /// <param name="pixels">[N, D].</param>
    /// <param name="inputs">D.</param>
    public static int[] Choose(ReadOnlySpan<byte> pixels, int inputs, bool all)
    {
        ulong[] bits = Sample(pixels, inputs, out bool[] isSet);
        int[] kept = [.. Enumerable.Range(0, inputs).Where(d => all || isSet[d])];
        var order = new List<int>(kept.Length + 2);
        if (all || kept.Length > MostSearched)
            order.AddRange([.. kept, inputs]);
        else
            order.AddRange(Match([.. kept, inputs], bits));
        if (order.Count % 2 != 0)
            order.Add(-1);
        return [.. order];
    }

    // [D + 1, Words]: in which of the sampled images a pixel is set; the constant one is in all.
    private static ulong[] Sample(ReadOnlySpan<byte> pixels, int inputs, out bool[] isSet)
    {
        int images = pixels.Length / inputs;
        var bits = new ulong[(inputs + 1) * Words];
        bits.AsSpan(inputs * Words).Fill(ulong.MaxValue);

        // All bits that a pixel has in any image.
        var any = new byte[inputs];
        for (int n = 0; n < images; n++)
            Add(pixels.Slice(n * inputs, inputs), any);
        isSet = [.. any.Select(value => value != 0)];
        int step = Math.Max(1, images / Sampled);
        for (int n = 0, sample = 0; n < images && sample < Sampled; n += step, sample++)
        {
            ReadOnlySpan<byte> image = pixels.Slice(n * inputs, inputs);
            for (int d = 0; d < inputs; d++)
            {
                if (image[d] != 0)
                    bits[(d * Words) + (sample / 64)] |= 1UL << (sample % 64);
            }
        }
        return bits;
    }

    private static void Add(ReadOnlySpan<byte> image, Span<byte> any)
    {
        int d = 0;
        for (; d + Vector<byte>.Count <= image.Length; d += Vector<byte>.Count)
            (new Vector<byte>(image[d..]) | new Vector<byte>(any[d..])).CopyTo(any[d..]);
        for (; d < image.Length; d++)
            any[d] |= image[d];
    }

    // The pixel that is set most often takes the partner that it shares most images with, and so on.
    private static IEnumerable<int> Match(int[] kept, ulong[] bits)
    {
        int Common(int a, int b)
        {
            int common = 0;
            for (int word = 0; word < Words; word++)
                common += BitOperations.PopCount(bits[(a * Words) + word] & bits[(b * Words) + word]);
            return common;
        }
        int[] free = [.. kept.OrderByDescending(d => Common(d, d)).ThenBy(d => d)];
        int count = free.Length;
        while (count > 1)
        {
            int first = free[0], best = 1, most = -1;
            for (int i = 1; i < count; i++)
            {
                int common = Common(first, free[i]);
                if (common > most)
                    (best, most) = (i, common);
            }
            yield return first;
            yield return free[best];
            Array.Copy(free, best + 1, free, best, count - best - 1);
            Array.Copy(free, 1, free, 0, count - 2);
            count -= 2;
        }
        if (count == 1)
            yield return free[0];
    }
}
