using GpuMlp.Kernels.Numerics;
using ILGPU;
using static GpuMlp.Kernels.Products.Digits.DigitTile;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// <see cref="DigitTile"/> without tensor cores, sm_61 and newer: dp4a, four products an instruction. A thread has the sums
/// that it has on tensor cores. One buffer, copied by plain loads: everyone leaves a stage before the next is copied.
/// </summary>
internal static class Dp4aTile
{
    // Words of a row in shared memory.
    private const int RowWords = Stage / 4;

    /// <inheritdoc cref="MmaTile.Multiply"/>
    public static DigitSums Multiply<TJob>(TJob job, ArrayView<Int4> shared, int row, int column, int first, int end)
        where TJob : struct, IDigitJob
    {
        int thread = Group.IdxX, lane = thread % 32, warp = thread / 32;
        ArrayView<int> words = shared.Cast<int>();

        // The thread's rows are lane / 4, + 8, ..., + 56 of its warp's, its columns 2 (lane % 4) and the next one, + 8, + 16, + 24:
        // all of them have their chunks at the same places.
        int ownRow = ((warp / 2) * 64) + (lane / 4), ownColumn = ((warp % 2) * 32) + ((lane % 4) * 2);
        int leftBase = ownRow * RowWords, rightBase = (RightAt / 4) + (ownColumn * RowWords);
        int gateBase = (GatesAt + (ownColumn * GateBytes)) / 4;

        DigitSums sums = default;
        for (int stage = first; stage < end; stage++)
        {
            GpuGroup.Barrier();
            Copy(job, shared, row, column, stage);
            GpuGroup.Barrier();
            for (int word = 0; word < RowWords; word++)
            {
                int x = leftBase + (Place(ownRow, word / 4) / 4) + (word % 4);
                int w = rightBase + (Place(ownColumn, word / 4) / 4) + (word % 4);
                Int4 upper = Four(words, x, 8 * RowWords), lower = Four(words, x + (32 * RowWords), 8 * RowWords);
                DigitGates mask = default;
                if (TJob.IsGated)
                {
                    int gate = gateBase + (word / 8);
                    mask.Left = Spread(Columns4(words, gate, GateBytes / 4), word % 8);
                    mask.Right = Spread(Columns4(words, gate + (16 * GateBytes / 4), GateBytes / 4), word % 8);
                }
                sums.D0 = Add<TJob>(sums.D0, upper, lower, words, w, mask);
                sums.D1 = Add<TJob>(sums.D1, upper, lower, words, w + (PlaneBytes / 4), mask);
                sums.D2 = Add<TJob>(sums.D2, upper, lower, words, w + (2 * PlaneBytes / 4), mask);
            }
        }
        GpuGroup.Barrier();
        return sums;
    }

    // Chunk thread % 4 of rows thread / 4, + 32, ... of both operands.
    private static void Copy<TJob>(TJob job, ArrayView<Int4> shared, int row, int column, int stage)
        where TJob : struct, IDigitJob
    {
        const int Step = CopyRows * Stage / 16, Plane = PlaneBytes / 16, Right = RightAt / 16;
        int thread = Group.IdxX, copyRow = thread / 4, chunk = thread % 4, k = ((stage * Stage) / 16) + chunk;
        int target = ((copyRow * Stage) + Place(copyRow, chunk)) / 16;
        int left = ((row + copyRow) * (job.LeftPitch / 16)) + k, leftStep = CopyRows * (job.LeftPitch / 16);
        int lastColumn = job.ColumnCount - 1;
        int right = (job.RightRow(Math.Min(column + copyRow, lastColumn)) * (job.RightPitch / 16)) + k;
        int rightBelow = (job.RightRow(Math.Min(column + copyRow + CopyRows, lastColumn)) * (job.RightPitch / 16)) + k;
        ArrayView<Int4> pixels = job.Left.Cast<Int4>();
        shared[target] = pixels[left];
        shared[target + Step] = pixels[left + leftStep];
        shared[target + (2 * Step)] = pixels[left + (2 * leftStep)];
        shared[target + (3 * Step)] = pixels[left + (3 * leftStep)];
        CopyPlane(job.Right0, shared, target + Right, right, rightBelow);
        CopyPlane(job.Right1, shared, target + Right + Plane, right, rightBelow);
        CopyPlane(job.Right2, shared, target + Right + (2 * Plane), right, rightBelow);
        if (TJob.IsGated && thread < Columns)
        {
            ArrayView<uint> gates = shared.Cast<uint>();
            int from = (Math.Min(column + thread, lastColumn) * job.GateWords) + (stage * (GateBytes / 4));
            int to = (GatesAt + (thread * GateBytes)) / 4;
            gates[to] = job.Gates[from];
            gates[to + 1] = job.Gates[from + 1];
        }
    }

    private static void CopyPlane(ArrayView<byte> plane, ArrayView<Int4> shared, int target, int right, int rightBelow)
    {
        ArrayView<Int4> digits = plane.Cast<Int4>();
        shared[target] = digits[right];
        shared[target + (CopyRows * Stage / 16)] = digits[rightBelow];
    }

    // One plane, four bytes of k.
    private static PlaneSums Add<TJob>(PlaneSums sums, Int4 upper, Int4 lower, ArrayView<int> words, int w, DigitGates mask)
        where TJob : struct, IDigitJob
    {
        Int4 left = Columns4(words, w, RowWords), right = Columns4(words, w + (16 * RowWords), RowWords);
        if (TJob.IsGated)
        {
            left = DigitGates.And(left, mask.Left);
            right = DigitGates.And(right, mask.Right);
        }
        return new()
        {
            M0 = Add(sums.M0, upper.X, upper.Y, left, right),
            M1 = Add(sums.M1, upper.Z, upper.W, left, right),
            M2 = Add(sums.M2, lower.X, lower.Y, left, right),
            M3 = Add(sums.M3, lower.Z, lower.W, left, right),
        };
    }

    private static RowSums Add(RowSums sums, int low, int high, Int4 left, Int4 right) => new()
    {
        N0 = Add(sums.N0, low, high, left.X, left.Y),
        N1 = Add(sums.N1, low, high, left.Z, left.W),
        N2 = Add(sums.N2, low, high, right.X, right.Y),
        N3 = Add(sums.N3, low, high, right.Z, right.W),
    };

    // Two rows times two columns, as MmaWarp.MultiplyAdd has its sums.
    private static Int4 Add(Int4 sums, int low, int high, int left, int right) => new(
        MmaWarp.DotAdd(sums.X, low, left), MmaWarp.DotAdd(sums.Y, low, right),
        MmaWarp.DotAdd(sums.Z, high, left), MmaWarp.DotAdd(sums.W, high, right));

    private static Int4 Four(ArrayView<int> words, int first, int step) =>
        new(words[first], words[first + step], words[first + (2 * step)], words[first + (3 * step)]);

    // Columns c, c + 1, c + 8 and c + 9.
    private static Int4 Columns4(ArrayView<int> words, int first, int pitch) =>
        new(words[first], words[first + pitch], words[first + (8 * pitch)], words[first + (9 * pitch)]);

    // Of four words of gates the masks of bytes 4 t .. 4 t + 3.
    private static Int4 Spread(Int4 gates, int t) =>
        new(DigitGates.Low(gates.X, t), DigitGates.Low(gates.Y, t), DigitGates.Low(gates.Z, t), DigitGates.Low(gates.W, t));
}
