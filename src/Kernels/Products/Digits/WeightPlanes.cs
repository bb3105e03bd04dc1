using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// The digits of Wq with k contiguous, as <see cref="DigitForward"/> reads them: three planes [C, pitch] of the pixels that the
/// images have. A thread writes 32 k of one column, a whole sector of memory; its neighbours are of neighbouring columns, as Wq
/// lies.
/// </summary>
public struct WeightPlanes
{
    public const int Threads = 128;

    // k of a thread.
    private const int Part = 32;

    /// <summary>Digits of a model that has failed become 0.</summary>
    public GpuWeights Weights;

    /// <summary>See <see cref="CohortViews.Units"/>.</summary>
    public ArrayView<Int4> Units;

    /// <summary>One value a k: its pixel d, D for the constant one.</summary>
    public ArrayView<int> PixelNumbers;

    /// <summary>Written: digits of 1, 256 and 65536, [C, Pitch] bytes each.</summary>
    public ArrayView<Int4> Planes0, Planes1, Planes2;

    /// <summary>K, and bytes from column to column, a multiple of 32; what is between becomes 0.</summary>
    public int PixelRows, Pitch;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int columns, int pitch) => checked((int)((((long)columns * (pitch / Part)) + Threads - 1) / Threads));

    public static void Kernel(WeightPlanes job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX, part = item / job.Units.IntLength, column = item - (part * job.Units.IntLength);
        int k = part * Part;
        if (k >= job.Pitch)
            return;
        Int4 unit = job.Units[column];
        int end = job.Weights.Failed[unit.X] != 0 ? 0 : job.PixelRows;
        for (int place = ((column * job.Pitch) + k) / 16, last = place + (Part / 16); place < last; place++, k += 16)
        {
            Int4 a = job.Load(unit, k, end), b = job.Load(unit, k + 4, end);
            Int4 c = job.Load(unit, k + 8, end), d = job.Load(unit, k + 12, end);
            job.Planes0[place] = new Int4(DigitPlanes.Pack(a), DigitPlanes.Pack(b), DigitPlanes.Pack(c), DigitPlanes.Pack(d));
            (a, b, c, d) = (DigitPlanes.Next(a), DigitPlanes.Next(b), DigitPlanes.Next(c), DigitPlanes.Next(d));
            job.Planes1[place] = new Int4(DigitPlanes.Pack(a), DigitPlanes.Pack(b), DigitPlanes.Pack(c), DigitPlanes.Pack(d));
            (a, b, c, d) = (DigitPlanes.Next(a), DigitPlanes.Next(b), DigitPlanes.Next(c), DigitPlanes.Next(d));
            job.Planes2[place] = new Int4(DigitPlanes.Pack(a), DigitPlanes.Pack(b), DigitPlanes.Pack(c), DigitPlanes.Pack(d));
        }
    }

    private readonly Int4 Load(Int4 unit, int k, int end) =>
        new(Weight(unit, k, end), Weight(unit, k + 1, end), Weight(unit, k + 2, end), Weight(unit, k + 3, end));

    private readonly int Weight(Int4 unit, int k, int end) => k < end ? Weights.Values[unit.Z + (PixelNumbers[k] * unit.W)] : 0;
}
