using GpuMlp.Engine;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Saliency;
using GpuMlp.Kernels.Simd;
using GpuMlp.Runner.Options;
using GpuMlp.Runner.Png;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Tables;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp sweep</c>: the main job on this machine: plan, train and prune, merge, pictures, tables.</summary>
internal static class SweepCommand
{
    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">A flag that cannot be, data that is damaged, a run of another plan, a full disk.</exception>
    public static int Run(SweepOptions options, CommandIo io)
    {
        SweepRequest request = SweepRequest.From(options);
        int threads = request.Threads ?? Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);
        if (request.DryRun)
        {
            SweepPlanning dry = SweepPlanning.From(request);
            DryRun.Print(dry, SweepEstimate.Measure(dry.Plan, dry.Data, threads), io);
            return ExitCodes.Done;
        }

        // Before the data are read: a scheduler may take the machine back at any moment, and the exit code tells it why we went.
        using var stop = new StopSignals();
        var phases = new PhaseClock();
        SweepPlanning planning = phases.Measure("plan", () => SweepPlanning.From(request));
        var run = RunDirectory.OpenOrCreate(planning.Out, planning.Plan);
        IReadOnlyList<string> setAside = [];
        IReadOnlySet<int> finished = phases.Measure("resume", () => run.FinishedUnits(out setAside));
        foreach (string line in setAside)
            io.Error.WriteLine(line);
        if (!request.Quiet)
            io.Error.WriteLine(Opening(planning, finished.Count, threads));

        bool stoppedEarly = false;
        using (ISweepProgress display = SweepProgress.Create(io, request.Quiet))
        {
            var observer = new SweepObserver(planning.Plan, planning.Data, finished, display);
            var runner = new SweepRunner(planning.Plan, planning.Data, run, threads, request.FailFast);
            try
            {
                int failed = phases.Measure("train", () => runner.Run(finished, observer, stop.Token));
                stoppedEarly = failed > 0 && request.FailFast;
            }
            catch (OperationCanceledException)
            {
                observer.Stopped();
                throw new UserErrorException(
                    $"interrupted; finished units stay in {planning.Out}, the same command again resumes", stop.ExitCode);
            }
        }
        if (stoppedEarly)
            throw new UserErrorException("--fail-fast: a model failed (its training loss was not finite); finished units stay", ExitCodes.SomeModelsFailed);
        return Finish(request, planning, run, threads, trained: finished.Count < planning.Plan.Units.Count, phases, io);
    }

    private static int Finish(SweepRequest request, SweepPlanning planning, RunDirectory run, int threads, bool trained, PhaseClock phases, CommandIo io)
    {
        IReadOnlyList<int> missing = phases.Measure("merge", () => RunMerger.Merge(run));
        if (missing.Count > 0)
            throw new UserErrorException($"{planning.Out}: {missing.Count} units are missing; the same command again does them", ExitCodes.Incomplete);

        if (planning.SaliencyHidden is { } hidden)
            phases.Measure("saliency", () => Panels(request, planning, run, hidden, threads));

        int size = planning.SaliencyHidden ?? SweepPlanning.NearestSize(planning.Plan.Spec);
        (List<SweepTableRow> rows, List<PruningTableRow> pruned) = phases.Measure("table", () => Rows(run, size));
        int failed = rows.Count(row => !row.Ok);
        if (trained || !File.Exists(run.RunInfoPath))
        {
            // Not after a run that was complete already: it keeps the record of how it was made.
            string simd = $"{(int)SimdSupport.Best} bit";
            RunInfo.Create(Environment.CommandLine, "cpu", threads, simd, phases.StartedUtc, phases.Seconds, rows.Count - failed, failed)
                .Write(run.RunInfoPath);
        }

        try
        {
            SweepTable.Write(rows, io);
            if (pruned.Count > 0)
            {
                io.Out.WriteLine();
                PruningTable.Write(pruned, size, PruningTable.Levels(planning.Plan.Spec.Sparsity), io);
            }
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            // Redirected to a full disk, say. The run itself is complete.
            throw StorageErrors.Map(e, "stdout");
        }

        if (!request.Quiet)
            io.Error.WriteLine($"{rows.Count} models in {phases.Total:F1} s; tables, weights and pictures: {planning.Out}");
        return failed > 0 ? ExitCodes.SomeModelsFailed : ExitCodes.Done;
    }

    private static bool Panels(SweepRequest request, SweepPlanning planning, RunDirectory run, int hidden, int threads)
    {
        string folder = Path.Combine(planning.Out, "saliency");
        AtomicFile.CreateFolder(folder);
        string method = request.SaliencyMethod == SaliencyMethod.Perturbation ? "perturbation" : "gradient";
        foreach (SaliencyFigure figure in RunSaliency.Figures(run, planning.Data, hidden, request.SaliencyMethod, threads))
        {
            SaliencyPicture? Picture(SaliencyExample? example, string title) => example is null ? null : new SaliencyPicture(
                title,
                example.Pixels,
                planning.Data.Rows,
                planning.Data.Columns,
                example.Map,
                SaliencyPicture.Describe(example.Image, example.TrueClass, example.PredictedClass, example.Probability, figure.Task.Second));
            var panel = new SaliencyPanel(
                $"{figure.Task}, H = {hidden}, learning rate {figure.Model.LearningRate:R}, seed {figure.Seed}",
                request.SaliencyMethod,
                Picture(figure.Correct, "classified correctly"),
                Picture(figure.Mistake, "misclassified"));
            panel.Save(Path.Combine(folder, $"{figure.Task}-s{figure.Seed}-h{hidden}-{method}.png"));
        }
        return true;
    }

    private static (List<SweepTableRow> Models, List<PruningTableRow> Pruned) Rows(RunDirectory run, int hidden)
    {
        double[] levels = PruningTable.Levels(run.Plan.Spec.Sparsity);
        List<SweepTableRow> models = [];
        List<PruningTableRow> pruned = [];
        foreach (WorkUnit unit in run.Plan.Units)
        {
            foreach (ModelResult model in UnitFile.Read(run.UnitPath(unit.Id)).Models)
            {
                ModelKey key = model.Key;
                bool ok = model.Status == Trainer.Ok;
                models.Add(new SweepTableRow(key.Task, key.Hidden, key.Seed, key.LearningRate, model.BestTrainF1, model.Validation.F1, ok));
                if (!ok || key.Hidden != hidden)
                    continue;
                pruned.AddRange(
                    from level in model.Pruning
                    where levels.Contains(level.Sparsity)
                    select new PruningTableRow(
                        key.Task, key.Seed, key.LearningRate, PruningMethods.Name(level.Method), level.Sparsity, model.Validation.F1, level.ValF1));
            }
        }
        return (models, pruned);
    }

    private static string Opening(SweepPlanning planning, int finished, int threads)
    {
        string resumed = finished > 0 ? $", {finished} units already done" : "";
        int models = planning.Plan.Units.Sum(unit => unit.ModelCount);
        return $"{models} models in {planning.Plan.Units.Count} units on the CPU ({threads} threads, {(int)SimdSupport.Best} bit) -> {planning.Out}{resumed}";
    }
}
