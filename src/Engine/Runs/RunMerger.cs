using System.Text.Json;
using DuckDB.NET.Data;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// Makes the files that users read from the unit files: results, history and the <see cref="ModelTables"/> that the plan has as .csv
/// and .parquet, weights, splits. Rows go by task, seed and variant in
/// the order of the plan, then lr, then hidden: that is the order of the units, so nothing is sorted and memory is bounded by one unit. The bytes depend on the units' contents alone, not on when or where they were made.
/// </summary>
public static class RunMerger
{
    /// <summary>Merges a run whose units are all there; replaces what an earlier merge wrote.</summary>
    /// <returns>The ids of missing units, ascending; if there are any, nothing was written.</returns>
    /// <param name="setAside">See <see cref="RunDirectory.FinishedUnits(out IReadOnlyList{string})"/>.</param>
    /// <exception cref="UserErrorException">
    /// See <see cref="StorageErrors.Map"/>; or exit 3 when a unit turns out to be damaged, which is then set aside.
    /// </exception>
    public static IReadOnlyList<int> Merge(RunDirectory run, out IReadOnlyList<string> setAside)
    {
        IReadOnlySet<int> finished = run.FinishedUnits(out setAside);
        List<int> missing = [.. run.Plan.Units.Select(unit => unit.Id).Where(id => !finished.Contains(id))];
        if (missing.Count > 0)
        {
            return missing;
        }

        try
        {
            WriteTables(run);
            WriteCohorts(run);
        }
        catch (Exception e) when (e is DuckDBException or InvalidDataException or InvalidCastException or OverflowException)
        {
            throw DamagedUnits(run, e);
        }

        return missing;
    }

    /// <inheritdoc cref="Merge(RunDirectory, out IReadOnlyList{string})"/>
    public static IReadOnlyList<int> Merge(RunDirectory run) => Merge(run, out _);

    private static void WriteTables(RunDirectory run)
    {
        string units = UnitFile.From(run.Plan.Units.Select(unit => run.UnitPath(unit.Id)));
        string key = Columns.Names(Columns.Key);

        // Lists that are unnested side by side in one SELECT advance together.
        string figures = string.Join(", ", Columns.History.Select(figure => $"unnest({Columns.HistoryList(figure)}) AS {figure}"));
        string epochs = $"unnest(range(1, len({Columns.HistoryList("train_loss")}) + 1))::INTEGER AS epoch";
        WriteTable(run, "results", $"SELECT {key}, {Columns.Names(Columns.Results)} FROM {units}");
        WriteTable(run, "history", $"SELECT {key}, {epochs}, {figures} FROM {units}");
        foreach (ModelTable table in ModelTables.All.Where(table => table.IsIn(run.Plan.Spec)))
        {
            WriteTable(run, table.Name, $"SELECT {key}, {table.Unnested} FROM {units}", table.HasText);
        }
    }

    private static void WriteTable(RunDirectory run, string name, string query, bool withText = true)
    {
        if (withText)
        {
            Copy($"{name}.csv", "FORMAT csv, HEADER, USE_TMP_FILE false");
        }

        Copy($"{name}.parquet", DuckSession.ParquetOptions([("plan_hash", run.Plan.Hash)]));

        void Copy(string file, string options) => AtomicFile.WriteThrough(run.TablePath(file), temporary => DuckSession.Use(connection =>
        {
            connection.Execute($"COPY ({query}) TO {DuckSession.Quote(temporary)} ({options})");
            return true;
        }));
    }

    private static void WriteCohorts(RunDirectory run)
    {
        Plan plan = run.Plan;
        for (int first = 0; first < plan.Units.Count;)
        {
            (PairTask task, int seed, int variant) = (plan.Units[first].Task, plan.Units[first].Seed, plan.Units[first].Variant);
            int end = first;
            while (end < plan.Units.Count && plan.Units[end].Task == task && plan.Units[end].Seed == seed && plan.Units[end].Variant == variant)
            {
                end++;
            }

            (int[] train, int[] validation, int inputs) = UnitFile.ReadSplit(run.UnitPath(first));
            if (variant == 0)
            {
                AtomicFile.Write(run.SplitPath(task, seed), stream => WriteSplit(stream, train, validation));
            }

            Dictionary<string, string> metadata = new()
            {
                ["plan_hash"] = plan.Hash,
                ["task"] = task.ToString(),
                ["seed"] = $"{seed}",
            };
            if (plan.Variants.Count > 1)
            {
                metadata["variant"] = plan.Variants[variant].Name;
            }

            int firstUnit = first;
            AtomicFile.Write(run.WeightsPath(task, seed, variant), stream => Safetensors.Write(stream, Tensors(plan.ModelsFor(task, variant), inputs), metadata, data =>
            {
                for (int id = firstUnit; id < end; id++)
                {
                    UnitFile.CopyWeights(run.UnitPath(id), data);
                }
            }));
            first = end;
        }
    }

    private static List<TensorInfo> Tensors(IReadOnlyList<ModelSpec> models, int inputs)
    {
        List<TensorInfo> tensors = [];
        foreach (ModelSpec model in models)
        {
            tensors.Add(new TensorInfo($"{model.Name}.w1", [inputs, model.Hidden]));
            tensors.Add(new TensorInfo($"{model.Name}.b1", [model.Hidden]));
            tensors.Add(new TensorInfo($"{model.Name}.w2", [model.Hidden]));
            tensors.Add(new TensorInfo($"{model.Name}.b2", [1]));
        }

        return tensors;
    }

    private static void WriteSplit(Stream stream, int[] train, int[] validation)
    {
        using Utf8JsonWriter writer = new(stream);
        writer.WriteStartObject();
        WriteNumbers("train", train);
        WriteNumbers("validation", validation);
        writer.WriteEndObject();

        void WriteNumbers(string name, int[] numbers)
        {
            writer.WriteStartArray(name);
            foreach (int number in numbers)
            {
                writer.WriteNumberValue(number);
            }

            writer.WriteEndArray();
        }
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
                RunDirectory.SetAside(run.UnitPath(unit.Id), "damaged");
                damaged.Add(unit.Id);
            }
        }

        string what = damaged.Count > 0
            ? $"damaged units {string.Join(',', damaged)} were set aside; run the same command again to do them over"
            : error.Message.Split('\n')[0];
        return new UserErrorException($"{run.Path}: {what}", ExitCodes.Incomplete, error);
    }
}
