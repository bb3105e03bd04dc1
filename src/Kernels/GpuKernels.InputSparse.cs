using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.HiddenForward;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels;

/// <summary>The two products over images without their zero pixels.</summary>
internal sealed partial class GpuKernels
{
    // For a run that does not consist of the schedule's chunks: the dense form has no chunks.
    private const int NoChunk = -1;

    private readonly GpuLauncher<HiddenForwardSparseGpu> _hiddenForwardSparse;
    private readonly GpuLauncher<HiddenBackwardSparseGpu> _hiddenBackwardSparse;

    private static bool IsSparse(in BlockArguments arguments, GpuImages run) => arguments.Form == (int)KernelForm.InputSparse && run.Chunk != NoChunk;

    // The chunk that starts at a row when the schedule is one batch over all images; a schedule of small batches has its
    // chunks elsewhere, and is evaluated in the dense form.
    private static int ChunkAt(DeviceImages images, int row) =>
        images.Schedule.Chunks[0].BatchRows == images.Images && images.Schedule.Chunks[0].FirstRow == 0 ? row / ChunkSchedule.ChunkRows : NoChunk;

    private void HiddenForwardSparse(in BlockArguments arguments, GpuImages run, GpuActivations activations) => _hiddenForwardSparse.Launch(
        HiddenForwardSparseGpu.Groups(run.Rows, Vectors(arguments.Cohort)),
        new HiddenForwardSparseGpu
        {
            Cohort = arguments.Cohort,
            Images = new GpuCompressed
            {
                Chunks = arguments.Images.Chunks,
                Starts = arguments.Images.ForwardStarts,
                Index = arguments.Images.ForwardIndex,
                Value = arguments.Images.ForwardValue,
                FirstChunk = run.Chunk,
            },
            Activations = activations,
            Rows = run.Rows,
        });

    private void HiddenBackwardSparse(
        in BlockArguments arguments, GpuImages run, GpuActivations activations, ArrayView<float> gradient, bool goesOn, bool updates) => _hiddenBackwardSparse.Launch(
        HiddenBackwardSparseGpu.Groups(arguments.Cohort.Inputs, Vectors(arguments.Cohort), Segments(run.Rows)),
        new HiddenBackwardSparseGpu
        {
            Cohort = arguments.Cohort,
            Images = new GpuCompressed
            {
                Chunks = arguments.Images.Chunks,
                Starts = arguments.Images.BackwardStarts,
                Index = arguments.Images.BackwardIndex,
                Value = arguments.Images.BackwardValue,
                FirstChunk = run.Chunk,
            },
            Activations = activations,
            Gradient = gradient,
            Rows = run.Rows,
            GoesOn = goesOn ? 1 : 0,
            Updates = updates ? 1 : 0,
        });
}
