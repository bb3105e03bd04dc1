using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Evaluation;

/// <summary>For each column whether Z is above 0 on some image of a run: a group owns a vector of sixteen columns.</summary>
public struct ActiveGpu
{
    /// <summary>Sixteen columns times sixteen shares of the images.</summary>
    public const int Threads = 256;

    private const int Columns = ColumnLayout.Vector;

    public CohortViews Cohort;

    /// <summary>Z of the run.</summary>
    public GpuActivations Activations;

    public int Rows;

    /// <summary>One value a padded column: 1 or 0.</summary>
    public ArrayView<int> Active;

    /// <summary>1 when what earlier runs found is to be kept.</summary>
    public int GoesOn;

    /// <summary>The ILGPU kernel; a group a vector.</summary>
    public static void Kernel(ActiveGpu job)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Threads);
        int entry = Grid.IdxX * ColumnLayout.VectorFields, thread = Group.IdxX, within = thread % Columns, share = thread / Columns;
        int first = job.Cohort.Vectors[entry], stride = job.Cohort.Vectors[entry + 1], column = job.Cohort.Vectors[entry + 2] + within;
        int active = 0, place = (job.Activations.Capacity * first) + (share * stride) + column - first;
        for (int row = share; row < job.Rows; row += Threads / Columns, place += Threads / Columns * stride)
            active |= job.Activations.Values[place] > 0f ? 1 : 0;
        found[thread] = active;
        GpuGroup.Barrier();
        if (thread < Columns)
        {
            for (int other = thread + Columns; other < Threads; other += Columns)
                active |= found[other];
            job.Active[column] = active | (job.GoesOn != 0 ? job.Active[column] : 0);
        }
    }
}
