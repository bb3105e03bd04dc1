using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Z of a chunk in a step of training: 0 for hidden units that are dropped, Z / (1 - p) for those that are kept (inverted dropout, so that
/// nothing is left to do when a model is evaluated). Gates follow from it.
/// </summary>
/// <remarks>A unit that is not above 0 is as good as dropped, whatever its draw: four such units need none.</remarks>
internal static unsafe class DropoutBody
{
    private const int Quad = 4;

    /// <param name="learning">Of the block's cohort.</param>
    /// <param name="epoch">From 0.</param>
    public static void Run(in LearningViews learning, in BlockPointers block, in BlockWork work, in ChunkPointers chunk, int epoch)
    {
        uint* thresholds = BlockPointers.Pointer(learning.Thresholds) + block.FirstSlot;
        uint* identities = BlockPointers.Pointer(learning.Identities) + (2 * block.FirstSlot);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            if (thresholds[slot] == 0 || work.Failed[slot] != 0)
                continue;
            float scale = block.DropoutScales[slot];
            int hidden = block.Hidden(slot);
            for (int n = 0; n < chunk.Rows; n++)
            {
                float* z = work.Z + ((long)n * block.Stride) + block.Column(slot);
                for (int first = 0; first < hidden; first += Quad)
                {
                    int units = Math.Min(Quad, hidden - first);
                    if (IsOff(z + first, units))
                        continue;
                    PhiloxBlock bits = DropoutDraw.Of(
                        chunk.Numbers[n], epoch, first / Quad, identities[2 * slot], identities[(2 * slot) + 1], learning.Seed);
                    for (int unit = first; unit < first + units; unit++)
                        z[unit] = DropoutDraw.Word(bits, unit) < thresholds[slot] ? 0f : z[unit] * scale;
                }
            }
        }
    }

    private static bool IsOff(float* z, int units)
    {
        for (int unit = 0; unit < units; unit++)
        {
            if (z[unit] > 0f)
                return false;
        }

        return true;
    }
}
