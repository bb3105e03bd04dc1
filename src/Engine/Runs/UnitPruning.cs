using DuckDB.NET.Data;
using GpuMlp.Engine.Pruning;

namespace GpuMlp.Engine.Runs;

/// <summary>The columns <c>pruning_*</c> of a unit file: one list a figure, one entry a method and level; empty for a run without pruning.</summary>
internal static class UnitPruning
{
    public static void Append(IDuckDBAppenderRow row, IReadOnlyList<PruningResult> results)
    {
        row.AppendValue<string>([.. results.Select(r => PruningMethods.Name(r.Method))]);
        Numbers(r => r.Sparsity);
        Numbers(r => r.ZeroW1);
        Numbers(r => r.ZeroW2);
        Numbers(r => r.ValF1);
        Numbers(r => r.ValAuc);
        Numbers(r => r.ValAccuracy);
        Integers(r => r.DeadInactive);
        Integers(r => r.DeadNoInput);
        Integers(r => r.DeadNoOutput);

        void Numbers(Func<PruningResult, double> figure) =>
            row.AppendValue<double?>(results.Select(figure).Select(value => double.IsFinite(value) ? value : (double?)null).ToList());

        void Integers(Func<PruningResult, int> figure) => row.AppendValue<int>(results.Select(figure).ToList());
    }

    /// <exception cref="FormatException">An unknown method, or lists of different lengths.</exception>
    public static PruningResult[] Read(ref RowReader row)
    {
        string[] methods = row.Texts();
        double[][] numbers = [row.Numbers(), row.Numbers(), row.Numbers(), row.Numbers(), row.Numbers(), row.Numbers()];
        int[][] integers = [row.Integers(), row.Integers(), row.Integers()];
        if (numbers.Any(list => list.Length != methods.Length) || integers.Any(list => list.Length != methods.Length))
        {
            throw new FormatException("lists of pruning of different lengths");
        }

        return
        [
            .. methods.Select((name, i) => new PruningResult(
                PruningMethods.Find(name) ?? throw new FormatException($"pruning method {name}"),
                numbers[0][i], numbers[1][i], numbers[2][i], numbers[3][i], numbers[4][i], numbers[5][i],
                integers[0][i], integers[1][i], integers[2][i])),
        ];
    }
}
