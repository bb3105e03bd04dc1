using GpuMlp.Kernels.Numerics;
using ILGPU;
using static GpuMlp.Kernels.Products.Digits.DigitTile;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// <see cref="DigitTile"/> on tensor cores, sm_80 and newer. Two buffers: the next stage is on its way while one is computed.
/// </summary>
/// <remarks>
/// Who waits for what: a thread waits for its own copies of the stage, then for all threads at the barrier; behind it the
/// whole stage can be read. The same barrier lets copies into the other buffer begin: everyone has computed what was there.
/// So there is one barrier a stage, and one more behind the last, after which shared memory is free for other use.
/// </remarks>
internal static class MmaTile
{
    /// <summary>The sums of this thread over stages first .. end - 1, none if there are none.</summary>
    /// <param name="job">The operands.</param>
    /// <param name="shared"><see cref="SharedBytes"/>, aligned to 16; free again when this returns.</param>
    /// <param name="row">First row of the tile.</param>
    /// <param name="column">First column of the tile.</param>
    public static DigitSums Multiply<TJob>(TJob job, ArrayView<byte> shared, int row, int column, int first, int end)
        where TJob : struct, IDigitJob
    {
        int start = MmaWarp.SharedAddress(ref shared[0], SharedBytes);
        int thread = Group.IdxX, lane = thread % 32, warp = thread / 32;

        // What the thread copies: chunk thread % 4 of rows thread / 4, + 32, ... of both operands. 32 rows further a chunk
        // lies at the same place of its row.
        int copyRow = thread / 4, chunk = thread % 4;
        int target = start + (copyRow * Stage) + Place(copyRow, chunk);
        int k = (first * Stage) + (chunk * 16);
        int left = ((row + copyRow) * job.LeftPitch) + k;
        int lastColumn = job.ColumnCount - 1;
        int right = (job.RightRow(Math.Min(column + copyRow, lastColumn)) * job.RightPitch) + k;
        int rightBelow = (job.RightRow(Math.Min(column + copyRow + CopyRows, lastColumn)) * job.RightPitch) + k;
        int gates = (Math.Min(column + (thread % Columns), lastColumn) * job.GateWords) + (first * (GateBytes / 4));
        int gateTarget = start + GatesAt + ((thread % Columns) * GateBytes);

        // What it reads with ldmatrix: row lane % 8 of matrix lane / 8. Of the left operand matrices 0 and 1 are rows 0 to 7
        // and 8 to 15, low half of k; 2 and 3 the high half. Of the right one 0 and 1 are the two halves of k of eight
        // columns, 2 and 3 of the next eight. Rows 16 further have the same places; the second 32 bytes of a stage are
        // those of the first with bit 5 of the place turned.
        int matrix = lane / 8, within = lane % 8;
        int leftRow = ((warp / 2) * 64) + ((matrix % 2) * 8) + within, rightRow = ((warp % 2) * 32) + ((matrix / 2) * 8) + within;
        int leftBase = start + (leftRow * Stage), leftPlace = Place(leftRow, matrix / 2);
        int rightBase = start + RightAt + (rightRow * Stage), rightPlace = Place(rightRow, matrix % 2);
        int gateBase = start + GatesAt + ((((warp % 2) * 32) + (lane / 4)) * GateBytes);

        DigitSums sums = default;
        if (first < end)
            Copy(job, target, gateTarget, left, right, rightBelow, gates);
        int buffer = 0;
        for (int stage = first; stage < end; stage++)
        {
            MmaWarp.WaitForCopies();
            GpuGroup.Barrier();
            if (stage + 1 < end)
            {
                left += Stage;
                right += Stage;
                rightBelow += Stage;
                gates += GateBytes / 4;
                int other = BufferBytes - buffer;
                Copy(job, target + other, gateTarget + other, left, right, rightBelow, gates);
            }
            for (int half = 0; half < Stage; half += 32)
            {
                int from = leftBase + buffer + (leftPlace ^ half);
                Int4 a0 = MmaWarp.LoadMatrix(from), a1 = MmaWarp.LoadMatrix(from + (16 * Stage));
                Int4 a2 = MmaWarp.LoadMatrix(from + (32 * Stage)), a3 = MmaWarp.LoadMatrix(from + (48 * Stage));
                DigitGates mask = TJob.IsGated ? new DigitGates(gateBase + buffer + (half / 8), GateBytes, lane) : default;
                from = rightBase + buffer + (rightPlace ^ half);
                sums.D0 = Add<TJob>(sums.D0, a0, a1, a2, a3, from, mask);
                sums.D1 = Add<TJob>(sums.D1, a0, a1, a2, a3, from + PlaneBytes, mask);
                sums.D2 = Add<TJob>(sums.D2, a0, a1, a2, a3, from + (2 * PlaneBytes), mask);
            }
            buffer = BufferBytes - buffer;
        }
        GpuGroup.Barrier();
        return sums;
    }

    // One plane, 32 bytes of k.
    private static PlaneSums Add<TJob>(PlaneSums sums, Int4 a0, Int4 a1, Int4 a2, Int4 a3, int from, DigitGates mask)
        where TJob : struct, IDigitJob
    {
        Int4 left = MmaWarp.LoadMatrix(from), right = MmaWarp.LoadMatrix(from + (16 * Stage));
        if (TJob.IsGated)
        {
            left = DigitGates.And(left, mask.Left);
            right = DigitGates.And(right, mask.Right);
        }
        return sums.Left(a0, a1, a2, a3, left).Right(a0, a1, a2, a3, right);
    }

    // Starts the copies of one stage.
    private static void Copy<TJob>(TJob job, int target, int gateTarget, int left, int right, int rightBelow, int gates)
        where TJob : struct, IDigitJob
    {
        const int Step = CopyRows * Stage;
        int leftStep = CopyRows * job.LeftPitch;
        MmaWarp.CopyAsync16(target, ref job.Left[left]);
        MmaWarp.CopyAsync16(target + Step, ref job.Left[left + leftStep]);
        MmaWarp.CopyAsync16(target + (2 * Step), ref job.Left[left + (2 * leftStep)]);
        MmaWarp.CopyAsync16(target + (3 * Step), ref job.Left[left + (3 * leftStep)]);
        MmaWarp.CopyAsync16(target + RightAt, ref job.Right0[right]);
        MmaWarp.CopyAsync16(target + RightAt + Step, ref job.Right0[rightBelow]);
        MmaWarp.CopyAsync16(target + RightAt + PlaneBytes, ref job.Right1[right]);
        MmaWarp.CopyAsync16(target + RightAt + PlaneBytes + Step, ref job.Right1[rightBelow]);
        MmaWarp.CopyAsync16(target + RightAt + (2 * PlaneBytes), ref job.Right2[right]);
        MmaWarp.CopyAsync16(target + RightAt + (2 * PlaneBytes) + Step, ref job.Right2[rightBelow]);
        if (TJob.IsGated && Group.IdxX < Columns)
            MmaWarp.CopyAsync8(gateTarget, ref job.Gates[gates]);
    }
}
