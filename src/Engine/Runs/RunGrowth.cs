using System.Globalization;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// A run that gets a plan which does all that its plan does, and more. What it was goes into <c>parts/1</c>, <c>parts/2</c> and so on, each
/// with its plan and run.json; the units of the new plan take their models from there, and when all are there the parts' units go, since
/// their models are in them. Every step leaves a run that either command completes.
/// </summary>
internal static class RunGrowth
{
    /// <summary>In the run's folder.</summary>
    public const string Folder = "parts";

    private const string Units = "units", PlanFile = "plan.json";

    /// <summary>Whether a plan is another one's with something added.</summary>
    public static bool IsGrown(Plan plan, Plan old) =>
        plan.DataSha256 == old.DataSha256 && plan.TestSha256 == old.TestSha256 && plan.Spec.Holds(old.Spec) && !old.Spec.Holds(plan.Spec);

    /// <summary>Gives a run its new plan.</summary>
    /// <param name="run">As it was.</param>
    /// <param name="plan"><see cref="IsGrown"/>.</param>
    /// <exception cref="UserErrorException">
    /// Another process is at work on the run, or unit files are no good (exit 3); then nothing was changed. See also
    /// <see cref="StorageErrors.Map"/>.
    /// </exception>
    public static void Grow(RunDirectory run, Plan plan)
    {
        OwnFolders.RefuseLinks(run.Path);
        if (RunPresence.Living(run, DateTime.UtcNow) is [var process, ..])
        {
            throw new UserErrorException(
                $"{run.Path}: process {process.Process} on {process.Host} is at work on it; a run must be left alone to grow");
        }

        IReadOnlyList<int> missing = RunSources.RefuseDamaged(run);
        if (missing.Count == 0)
            RunSources.Keep(run, IsPart);

        // Named as a source before it holds anything, so that no step leaves units which nobody looks for.
        string part = PartFor(run), units = Path.Combine(part, Units);
        AtomicFile.CreateFolder(part);
        AtomicFile.RemoveStale(part);
        AtomicFile.Write(Path.Combine(part, PlanFile), File.ReadAllBytes(run.PlanPath));
        RunSources.Add(run, [RunDirectory.Open(part)], mayTrain: true);
        if (!Directory.Exists(units) && Directory.Exists(run.TablePath(Units)))
            Directory.Move(run.TablePath(Units), units);
        if (File.Exists(run.RunInfoPath))
            File.Move(run.RunInfoPath, Path.Combine(part, "run.json"), overwrite: true);
        AtomicFile.FlushFolder(part);

        // Of other numbers of units, another model and ways to train that have other names.
        foreach (string file in run.ErrorFiles().Concat(RunPictures.Names(run.Plan).Select(name => RunPictures.PathOf(run, name)))
            .Append(run.TablePath(RunManifest.FileName)))
        {
            if (File.Exists(file))
                File.Delete(file);
        }

        AtomicFile.FlushFolder(run.Path);
        AtomicFile.Write(run.PlanPath, stream => PlanJson.Write(plan, stream));
    }

    /// <summary>Of a run whose units are all there and merged: what only its growth needed.</summary>
    public static void Release(RunDirectory run)
    {
        try
        {
            string[] units = [.. Parts(run).Select(part => Path.Combine(part.Path, Units)).Where(Directory.Exists)];
            if (units.Length == 0)
                return;
            foreach (string file in Directory.EnumerateFiles(run.OwnFolder("weights"), "*.safetensors"))
            {
                if (!run.Manifest.Lists(file))
                    File.Delete(file);
            }

            RunSources.Keep(run, source => !IsPart(source));
            foreach (string folder in units)
            {
                OwnFolders.RefuseLink(folder);
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, run.Path);
        }
    }

    private static bool IsPart(string source) => source.StartsWith(Folder + "/", StringComparison.Ordinal);

    /// <summary>Where what the run is now goes: a part of this plan, or of none, is that of a growth which was stopped.</summary>
    private static string PartFor(RunDirectory run)
    {
        (string Path, int Number)[] parts = [.. Parts(run)];
        string[] begun = [.. parts.Select(part => part.Path).Where(part => HashOf(part) is not { } hash || hash == run.Plan.Hash)];
        bool isMoved = !run.UnitFiles().Any();
        return begun.FirstOrDefault(part => isMoved || !Directory.Exists(Path.Combine(part, Units)))
            ?? Path.Combine(run.OwnFolder(Folder), $"{parts.Select(part => part.Number).DefaultIfEmpty(0).Max() + 1}");
    }

    private static string? HashOf(string part) =>
        File.Exists(Path.Combine(part, PlanFile)) ? RunDirectory.Open(part).Plan.Hash : null;

    private static IEnumerable<(string Path, int Number)> Parts(RunDirectory run)
    {
        string folder = run.OwnFolder(Folder);
        return Directory.Exists(folder)
            ? from path in Directory.EnumerateDirectories(folder)
              let number = int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0
              where number > 0
              select (path, number)
            : [];
    }
}
