using System.Globalization;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Runner.Progress;

namespace GpuMlp.Runner.Commands;

/// <summary><c>--dry-run</c>: what a sweep would do and cost. Writes nothing.</summary>
internal static class DryRun
{
    public static void Print(SweepPlanning planning, SweepEstimate estimate, DeviceSelection devices, CommandIo io)
    {
        SweepSpec spec = planning.Plan.Spec;
        void Line(string name, string value) => io.Out.WriteLine($"{name,-12}{value}");
        Line("data", $"{spec.Data}, {planning.Data.Images:N0} images of {planning.Data.Rows} x {planning.Data.Columns}, {planning.Data.Classes} classes");
        Line("tasks", Short(spec.Tasks));
        Line("hidden", Short(spec.Hidden));
        Line("seeds", Short(spec.Seeds));
        Line("lr", Short(spec.LearningRates));
        if (spec.RateGrid.Count > 0)
            Line("rate grid", $"{Short(spec.RateGrid)} on {Short(spec.RateTasks)}, trained and evaluated only");
        Line("training", planning.Plan.Variants is [var only] ? $"{only}" : $"{planning.Plan.Variants.Count:N0} variants");
        if (planning.Plan.Variants.Count > 1)
        {
            Line("batch", Short([.. spec.Batches.Select(TrainingVariant.NameOf)]));
            Line("epochs", Short(spec.Epochs));
            Line("init std", Short(spec.InitStds));
            Line("decay", Short(spec.WeightDecays));
        }

        Line("pruning", spec.Pruning.Count == 0 ? "none" : $"{string.Join(",", spec.Pruning.Select(PruningMethods.Name))} at {Short(spec.Sparsity)}");
        if (spec.FinetuneEpochs > 0)
            Line("fine-tuning", $"{spec.FinetuneEpochs} epochs at each method and level{(spec.Rewind ? ", and again from the initial weights" : "")}");
        Line("embedding", spec.Embedding.Count == 0 ? "none" : Short(spec.Embedding));
        Line("corruption", spec.Corruptions.Count == 0 ? "none" : Short([.. spec.Corruptions.Select(CorruptionNames.Name)]));
        Line("similarity", spec.Similarity.Count == 0 ? "none" : $"{string.Join(",", spec.Similarity.Select(SaliencyNames.Name))} over {spec.SimilarityImages:N0} images");
        Line("models", $"{estimate.Models:N0} in {estimate.Units:N0} units");
        Line("work", $"{estimate.Flop / 1e12:N2} TFLOP dense-equivalent");
        Line("disk", $"{Size(estimate.DiskBytes)} into {planning.Out}");
        Line("device", DeviceText.Of(devices));
        Line("memory", $"{Size(estimate.DeviceBytes)} for the largest unit");
        Line("time", $"{ProgressText.Duration(estimate.Time)} at {estimate.GflopsPerSecond:N0} GFLOP/s dense-equivalent (calibrated just now)");
    }

    // A terminal's width, whatever the length of the list.
    private static string Short<T>(IReadOnlyList<T> items)
    {
        const int Room = 64;
        string all = string.Join(",", items.Select(item => Convert.ToString(item, CultureInfo.InvariantCulture)));
        return all.Length <= Room ? all : $"{items.Count:N0} from {items[0]} to {items[^1]}";
    }

    private static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):N1} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):N1} MiB",
        _ => $"{bytes / 1024.0:N1} KiB",
    };
}
