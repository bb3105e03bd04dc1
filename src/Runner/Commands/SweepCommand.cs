using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Saliency;
using GpuMlp.Runner.Options;
using GpuMlp.Runner.Plots;
using GpuMlp.Runner.Png;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp sweep</c>: the main job on this machine: plan, train and prune, merge, pictures, tables.</summary>
internal static class SweepCommand
{
    // Rows of a sheet of hidden sizes.
    private const int MostSizes = 12;

    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">A flag that cannot be, data that is damaged, a run of another plan, a full disk.</exception>
    public static int Run(SweepOptions options, CommandIo io)
    {
        SweepRequest request = SweepRequest.From(options);
        int threads = request.Threads ?? Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);
        var devices = DeviceSelection.Find("--device", request.Device, threads);
        if (request.DryRun)
        {
            SweepPlanning dry = SweepPlanning.From(request);
            SweepEstimate estimate = SweepEstimate.Measure(dry.Plan, dry.Data, devices);
            dry.Tell(request.Quiet, io);
            DryRun.Print(dry, estimate, devices, io);
            return ExitCodes.Done;
        }

        // Before the data are read: a scheduler may take the machine back at any moment, and the exit code tells it why we went.
        using var stop = new StopSignals();
        var phases = new PhaseClock();
        SweepPlanning planning = phases.Measure("plan", () => SweepPlanning.From(request));
        var run = RunDirectory.OpenOrCreate(planning.Out, planning.Plan);
        run.WriteClassNames(planning.Data.ClassNames);
        planning.Tell(request.Quiet, io);
        var work = new UnitWork(run, planning.Data, Shard.Whole, devices, request.Quiet, request.FailFast);
        (bool trained, bool drained, _) = work.Do(stop, phases, io);
        if (drained)
            throw new UserErrorException($"interrupted by SIGUSR1; finished units stay in {run.Path}, the same command again resumes", ExitCodes.Interrupted);
        return Finish(request, planning with { Plan = run.Plan }, run, devices, trained, phases, io);
    }

    private static int Finish(SweepRequest request, SweepPlanning planning, RunDirectory run, DeviceSelection devices, bool trained, PhaseClock phases, CommandIo io)
    {
        MergeCommand.Merge(run, phases, io);
        if (planning.SaliencyHidden is { } hidden)
            phases.Measure("saliency", () => Panels(request, planning, run, hidden, devices.Threads));

        int size = planning.SaliencyHidden ?? ShownModel.Of(planning.Plan.Spec).Model.Hidden;
        RunSummary summary = phases.Measure("table", () => RunSummary.Of(run, size));
        if (trained || !TrainingRecords.AreFolded(run))
            MergeCommand.Record(run, summary, trained ? devices : null, phases, trained);
        string report = ReportCommand.Write(run, phases, recorded: trained);
        summary.Write(planning.Plan.Spec, io);
        if (!request.Quiet)
            io.Error.WriteLine($"{summary.Count} models in {phases.Total:F1} s; report: {report}");
        return summary.Failed > 0 ? ExitCodes.SomeModelsFailed : ExitCodes.Done;
    }

    // Of each task, the model that is shown: the study's figure, sizes beside levels for its first image, and class averages.
    private static bool Panels(SweepRequest request, SweepPlanning planning, RunDirectory run, int hidden, int threads)
    {
        string folder = Path.Combine(planning.Out, "saliency");
        AtomicFile.CreateFolder(folder);
        SweepSpec spec = run.Plan.Spec;
        SaliencyMethod method = request.SaliencyMethod;
        IReadOnlyList<MapLevel> few = SaliencySheets.StudyLevels(spec), many = SaliencySheets.ManyLevels(spec);
        var shown = ShownModel.Of(spec);
        double rate = shown.Model.LearningRate;
        IReadOnlySet<ModelKey> failed = MergedRows.Failed(run);
        foreach (PairTask task in spec.Tasks)
        {
            int[] trained = [.. spec.Hidden.Where(size => !failed.Contains(
                ModelKey.Of(task, shown.Seed, run.Plan.Variants[shown.Variant], new ModelSpec(size, rate))))];
            if (!trained.Contains(hidden))
                continue;
            SavedModels one = SavedModels.Read(run, task, shown.Seed, shown.Variant, [hidden], rate);
            using var explorer = new SaliencyExplorer(planning.Data, one, threads);
            List<(int Image, string What)> examples = SaliencySheets.Examples(explorer);
            string Name(string what) => Path.Combine(folder, $"{task}-s{one.Seed}-{what}-{SaliencyNames.Name(method)}.png");
            SaliencySheets.Maps(SaliencySheets.Title(one, planning.Data), planning.Data, one, explorer, method, examples, few).Save(Name($"h{hidden}"));
            SaliencySheets.Averages(SaliencySheets.Title(one, planning.Data), planning.Data, one, explorer, method, few).Save(Name($"h{hidden}-average"));
            SavedModels all = SavedModels.Read(run, task, shown.Seed, shown.Variant, [.. Pick.Evenly(trained, MostSizes)], rate);
            using var sizes = new SaliencyExplorer(planning.Data, all, threads);
            SaliencySheets.Maps(SaliencySheets.Title(all, planning.Data), planning.Data, all, sizes, method, [examples[0]], many).Save(Name("sizes"));
        }
        return true;
    }
}
