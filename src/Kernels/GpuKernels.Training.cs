using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.TrainEpoch;
using GpuMlp.Kernels.Update;

namespace GpuMlp.Kernels;

/// <summary>Epochs, and the second half of sums over segments of images.</summary>
internal sealed partial class GpuKernels
{
    private void TrainEpoch(in BlockArguments arguments, DeviceImages images)
    {
        int atOnce = SegmentsAtOnce(arguments.Cohort) * HiddenBackwardGpu.Segment;
        bool opensEpoch = true;
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            Chunk batch = images.Schedule.Chunks[chunk];
            if (!batch.IsFirst)
                continue;
            for (int done = 0; done < batch.BatchRows; done += atOnce)
            {
                int rows = Math.Min(atOnce, batch.BatchRows - done);
                GpuImages run = Run(arguments, batch.FirstRow + done, rows, batch.BatchRows, chunk + (done / ChunkSchedule.ChunkRows));
                TrainRun(arguments, run, done == 0, done + rows == batch.BatchRows, opensEpoch);
                opensEpoch = false;
            }
            MaskWeights(arguments);
        }
    }

    // Three launches for a batch of one segment, four for any other run.
    private void TrainRun(in BlockArguments arguments, GpuImages run, bool isFirst, bool isLast, bool opensEpoch)
    {
        int segments = Segments(run.Rows);
        bool direct = isFirst && isLast && segments == 1;
        GpuActivations activations = Activations(arguments.Cohort, segments * HiddenBackwardGpu.Segment);
        bool apart = segments > 1;
        GpuPartials partials = Partials(arguments.Cohort, segments, apart ? segments : 0);
        HiddenForward(arguments, run, activations);
        _outputPass.Launch(
            checked(Slots(arguments.Cohort) * segments),
            new OutputPassGpu
            {
                Cohort = arguments.Cohort,
                Images = run,
                Activations = activations,
                Partials = partials,
                Totals = Totals(arguments),
                Direct = direct ? 1 : 0,
                OpensEpoch = opensEpoch ? 1 : 0,
            });
        HiddenBackward(
            arguments, run, activations, apart ? partials.W1 : arguments.Scratch.GradW1, goesOn: !apart && !isFirst, updates: !apart && isLast);
        if (direct)
            return;
        Update(new UpdateGpu
        {
            Cohort = arguments.Cohort,
            Gradients = Gradients(arguments),
            Partials = partials,
            Totals = Totals(arguments),
            Segments = segments,
            WeightSegments = apart ? segments : 0,
            Rows = run.Rows,
            IsFirst = isFirst ? 1 : 0,
            IsLast = isLast ? 1 : 0,
            Weights = apart ? 1 : 0,
            OpensEpoch = opensEpoch ? 1 : 0,
        });
    }

    private void Update(in BlockArguments arguments) => Update(
        new UpdateGpu { Cohort = arguments.Cohort, Gradients = Gradients(arguments), Totals = Totals(arguments), IsLast = 1, Weights = 1 });

    // Views that a launch does not use must be valid all the same.
    private void Update(UpdateGpu job)
    {
        if (!job.Partials.W1.IsValid)
            job.Partials = Partials(job.Cohort, 0, 0);
        _update.Launch(checked((int)((job.Items + UpdateGpu.Threads - 1) / UpdateGpu.Threads)), job);
    }

    private static int Segments(int rows) => (rows + HiddenBackwardGpu.Segment - 1) / HiddenBackwardGpu.Segment;

    private GpuPartials Partials(in CohortViews cohort, int segments, int weightSegments) => new()
    {
        W1 = _device.Workspace.Take<float>("partial dW1", weightSegments * cohort.W1.Length),
        B1 = _device.Workspace.Take<float>("partial db1", segments * cohort.B1.Length),
        W2 = _device.Workspace.Take<float>("partial dw2", segments * cohort.B1.Length),
        B2 = _device.Workspace.Take<float>("partial db2", segments * cohort.B2.Length),
        Loss = _device.Workspace.Take<float>("partial loss", segments * cohort.B2.Length),
        Counts = _device.Workspace.Take<int>("partial counts", segments * cohort.B2.Length),
    };
}
