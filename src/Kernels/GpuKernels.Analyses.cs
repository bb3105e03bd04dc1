using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels;

/// <summary>Evaluation, saliency and pruning.</summary>
internal sealed partial class GpuKernels
{
    // Backward products alone ask for the chunk of a run.
    private const int NoChunk = -1;

    private void Evaluate(in BlockArguments arguments, DeviceImages set)
    {
        int images = set.Images, atOnce = Math.Min(images, RowsAtOnce(arguments.Cohort));
        GpuWeights weights = Quantised(arguments);
        GpuActivations activations = Activations(arguments.Cohort, atOnce);
        for (int first = 0; first < images; first += atOnce)
        {
            GpuImages run = Run(arguments, first, Math.Min(atOnce, images - first), NoChunk);
            Products(arguments).Forward(arguments, weights, run, activations);
            Logits(arguments.Cohort, weights.Failed, activations, run.Rows, arguments.Output.Values, images, first);
            _active.Launch(
                Vectors(arguments.Cohort),
                new ActiveGpu
                {
                    Cohort = arguments.Cohort,
                    Activations = activations,
                    Rows = run.Rows,
                    Active = arguments.Output.Active,
                    GoesOn = first > 0 ? 1 : 0,
                });
        }
    }

    private void Saliency(in BlockArguments arguments, DeviceImages set)
    {
        int images = set.Images, atOnce = Math.Min(images, RowsAtOnce(arguments.Cohort)), slots = Slots(arguments.Cohort);
        GpuWeights weights = Quantised(arguments);
        GpuActivations activations = Activations(arguments.Cohort, atOnce);
        ArrayView<float> logits = _device.Workspace.Take<float>("logits", (long)slots * atOnce);
        ArrayView<float> scales = _device.Workspace.Take<float>("smooth scales", arguments.Cohort.B1.Length);
        if (arguments.Mode == (int)SaliencyMethod.SmoothGradient)
            _smoothScale.Launch(Vectors(arguments.Cohort), new SmoothScaleGpu { Cohort = arguments.Cohort, Scales = scales });
        for (int first = 0; first < images; first += atOnce)
        {
            GpuImages run = Run(arguments, first, Math.Min(atOnce, images - first), NoChunk);
            Products(arguments).Forward(arguments, weights, run, activations);
            Logits(arguments.Cohort, weights.Failed, activations, run.Rows, logits, run.Rows, 0);
            _saliency.Launch(
                SaliencyGpu.Groups(slots, run.Rows, arguments.Cohort.Inputs),
                new SaliencyGpu
                {
                    Cohort = arguments.Cohort,
                    Activations = activations,
                    Logits = logits,
                    Maps = arguments.Output.Values,
                    Pixels = run,
                    Scales = scales,
                    First = first,
                    Rows = run.Rows,
                    AllImages = images,
                    Method = arguments.Mode,
                });
        }
    }

    private void PruneRank(in BlockArguments arguments)
    {
        long weights = (arguments.Cohort.Inputs + 1L) * arguments.Cohort.B1.Length;
        _pruneRank.Launch(
            Slots(arguments.Cohort),
            new PruneRankGpu
            {
                Cohort = arguments.Cohort,
                Prune = arguments.Prune,
                Keys = _device.Workspace.Take<uint>("keys", 2 * weights),
                Indices = _device.Workspace.Take<int>("key indices", 2 * weights),
                Method = arguments.Mode,
            });
    }

    private void Prune(in BlockArguments arguments) => _prune.Launch(
        PruneGpu.Groups(Slots(arguments.Cohort), arguments.Cohort.Inputs),
        new PruneGpu { Cohort = arguments.Cohort, Prune = arguments.Prune });
}
