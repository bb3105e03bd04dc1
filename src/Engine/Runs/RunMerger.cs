using DuckDB.NET.Data;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// Makes the files that users read from the unit files: results and the tables of <see cref="AnalysisList"/> that the plan
/// has as .csv and .parquet, weights, splits, and their <see cref="RunManifest"/>. Rows go by task, seed and variant in the order
/// of the plan, then lr, then hidden: that is the order of the units, so nothing is sorted and memory does not grow with the run.
/// The bytes depend on the units' contents alone, not on when or where they were made.
/// </summary>
public static class RunMerger
{
    /// <summary>Merges a run whose units are all there; replaces what an earlier merge wrote.</summary>
    /// <returns>The ids of missing units, ascending; if there are any, nothing was written.</returns>
    /// <param name="setAside">See <see cref="RunDirectory.FinishedUnits(out IReadOnlyList{string})"/>.</param>
    /// <param name="told">Told what is done (checking units, then a table after the other, then weights), how much of it, and of how
    /// much; from several threads.</param>
    /// <exception cref="UserErrorException">
    /// See <see cref="StorageErrors.Map"/>; or exit 3 when a unit turns out to be damaged, which is then set aside.
    /// </exception>
    public static IReadOnlyList<int> Merge(
        RunDirectory run, out IReadOnlyList<string> setAside, Action<string, int, int>? told = null) =>
        Merge(run, TableFiles.UnitsAtOnce, out setAside, told);

    /// <inheritdoc cref="Merge(RunDirectory, out IReadOnlyList{string}, Action{string, int, int})"/>
    public static IReadOnlyList<int> Merge(RunDirectory run) => Merge(run, out _);

    /// <param name="unitsAtOnce">Of a query; it changes no byte.</param>
    internal static IReadOnlyList<int> Merge(
        RunDirectory run, int unitsAtOnce, out IReadOnlyList<string> setAside, Action<string, int, int>? told = null)
    {
        void Checked(int done, int all) => told?.Invoke("units", done, all);
        IReadOnlySet<int> finished = run.FinishedUnits(Shard.Whole, out setAside, Checked);
        List<int> missing = [.. run.Plan.Units.Select(unit => unit.Id).Where(id => !finished.Contains(id))];
        if (missing.Count > 0)
        {
            return missing;
        }

        try
        {
            RunManifest manifest = new(run);
            TableFiles.Write(run, manifest, unitsAtOnce, (table, done, all) => told?.Invoke($"table {table}", done, all));
            CohortFiles.Write(run, manifest, unitsAtOnce, (done, all) => told?.Invoke("weights", done, all));
            if (File.Exists(run.ClassNamesPath))
            {
                manifest.Add(run.ClassNamesPath);
            }

            manifest.Write();
            run.Manifest = manifest;
            RunGrowth.Release(run);
        }
        catch (Exception e) when (e is DuckDBException or InvalidDataException or InvalidCastException or OverflowException)
        {
            throw DamagedUnits(run, e);
        }

        return missing;
    }

    /// <summary>The ends of all files were whole, but something in the middle is not: finds out where.</summary>
    private static UserErrorException DamagedUnits(RunDirectory run, Exception error)
    {
        List<int> damaged = [];
        foreach (WorkUnit unit in run.Plan.Units)
        {
            try
            {
                UnitFile.Read(run.UnitPath(unit.Id));
            }
            catch (UserErrorException e) when (e.ExitCode == ExitCodes.Incomplete)
            {
                UnitScan.SetAside(run.UnitPath(unit.Id), "damaged");
                damaged.Add(unit.Id);
            }
        }

        string what = damaged.Count > 0
            ? $"damaged units {string.Join(',', damaged)} were set aside; run the same command again to do them over"
            : error.Message.Split('\n')[0];
        return new UserErrorException($"{run.Path}: {what}", ExitCodes.Incomplete, error);
    }
}
