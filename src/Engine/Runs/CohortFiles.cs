using System.Text.Json;
using DuckDB.NET.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// Weights and split of each cohort, from the unit files: <c>weights/4v9-s42.safetensors</c>, <c>split/4v9-s42.json</c>. Rows
/// are streamed, so memory is bounded by one unit; files are opened for many cohorts at once, since a query costs more than
/// a small unit.
/// </summary>
internal static class CohortFiles
{
    // Tensors stand in this order in weight files, as UnitFile.Remainder has them.
    private static readonly string[] s_weights = ["w1", "b1", "w2", "b2"];

    // A list a field of split files; the last two stand in those with label noise alone.
    private static readonly (string Column, string Field)[] s_split =
    [
        ("split_train", "train"), ("split_validation", "validation"), ("split_noisy", "noisy"), ("split_noisy_labels", "noisy_labels"),
    ];

    private static readonly string s_selected
        = $"{string.Join(", ", s_split.Select(list => list.Column))}, octet_length(w1) // (4 * hidden) AS inputs, "
            + string.Join(", ", s_weights);

    /// <param name="run">All its units are saved.</param>
    /// <param name="manifest">Takes in every file.</param>
    /// <param name="unitsAtOnce">Of one query; whole cohorts.</param>
    /// <param name="told">Told how many cohorts are written, and how many there are.</param>
    public static void Write(RunDirectory run, RunManifest manifest, int unitsAtOnce, Action<int, int> told)
    {
        WorkUnit[][] all = [.. Cohorts(run.Plan)];
        int done = 0;
        told(0, all.Length);
        void Written() => told(++done, all.Length);
        using AtomicBatch batch = new(manifest);
        List<WorkUnit[]> cohorts = [];
        int units = 0;
        foreach (WorkUnit[] cohort in all)
        {
            cohorts.Add(cohort);
            units += cohort.Length;
            if (units >= unitsAtOnce)
            {
                Write(run, cohorts, batch, Written);
                cohorts.Clear();
                units = 0;
            }
        }

        if (cohorts.Count > 0)
        {
            Write(run, cohorts, batch, Written);
        }

        batch.Commit();
    }

    /// <summary>Units that follow each other with the same task, seed and variant.</summary>
    private static IEnumerable<WorkUnit[]> Cohorts(Plan plan)
    {
        List<WorkUnit> cohort = [];
        foreach (WorkUnit unit in plan.Units)
        {
            if (cohort.Count > 0 && (unit.Task, unit.Seed, unit.Variant) != (cohort[0].Task, cohort[0].Seed, cohort[0].Variant))
            {
                yield return [.. cohort];
                cohort.Clear();
            }

            cohort.Add(unit);
        }

        yield return [.. cohort];
    }

    private static void Write(
        RunDirectory run, IReadOnlyList<WorkUnit[]> cohorts, AtomicBatch batch, Action written) => DuckSession.Use(connection =>
    {
        using DuckDBCommand command = connection.CreateCommand();
        IEnumerable<string> files = cohorts.SelectMany(units => units).Select(unit => run.UnitPath(unit.Id));
        command.CommandText = $"SELECT {s_selected} FROM {DuckSession.Parquet(files)}";
        command.UseStreamingMode = true;
        using DuckDBDataReader reader = command.ExecuteReader();
        foreach (WorkUnit[] cohort in cohorts)
        {
            WriteCohort(run, cohort, reader, batch);
            written();
        }

        return true;
    });

    private static void WriteCohort(RunDirectory run, WorkUnit[] cohort, DuckDBDataReader reader, AtomicBatch batch)
    {
        Plan plan = run.Plan;
        (ClassTask task, int seed, int variant) = (cohort[0].Task, cohort[0].Seed, cohort[0].Variant);
        Next(reader);
        (string Field, List<int> Numbers)[] split =
            [.. s_split.Select(list => (list.Field, reader.GetFieldValue<List<int>>(reader.GetOrdinal(list.Column))))];
        int inputs = (int)reader.GetInt64(reader.GetOrdinal("inputs"));
        int[] blobs = [.. s_weights.Select(reader.GetOrdinal)];
        ImageChoice images = plan.Variants[variant].Images;
        if (plan.Variants.Take(variant).All(other => other.Images != images))
        {
            batch.Write(run.SplitPath(task, seed, variant), stream => WriteSplit(stream, images.LabelNoise == 0 ? split[..2] : split));
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

        IReadOnlyList<ModelSpec> models = plan.ModelsFor(task, variant);
        List<TensorInfo> tensors = Tensors(models, inputs, plan.Variants[variant].OutputsOf(task));
        batch.Write(run.WeightsPath(task, seed, variant), stream => Safetensors.Write(stream, tensors, metadata, data =>
        {
            for (int model = 0; model < models.Count; model++)
            {
                if (model > 0)
                {
                    Next(reader);
                }

                foreach (int ordinal in blobs)
                {
                    using Stream blob = reader.GetFieldValue<Stream>(ordinal);
                    blob.CopyTo(data);
                }
            }
        }));
    }

    private static void Next(DuckDBDataReader reader)
    {
        if (!reader.Read())
        {
            throw new InvalidDataException("fewer models in the unit files than in the plan");
        }
    }

    private static List<TensorInfo> Tensors(IReadOnlyList<ModelSpec> models, int inputs, int outputs)
    {
        List<TensorInfo> tensors = [];
        foreach (ModelSpec model in models)
        {
            tensors.Add(new TensorInfo($"{model.Name}.w1", [inputs, model.Hidden]));
            tensors.Add(new TensorInfo($"{model.Name}.b1", [model.Hidden]));
            tensors.Add(new TensorInfo($"{model.Name}.w2", outputs == 1 ? [model.Hidden] : [outputs, model.Hidden]));
            tensors.Add(new TensorInfo($"{model.Name}.b2", [outputs]));
        }

        return tensors;
    }

    private static void WriteSplit(Stream stream, (string Field, List<int> Numbers)[] lists)
    {
        using Utf8JsonWriter writer = new(stream);
        writer.WriteStartObject();
        foreach ((string field, List<int> numbers) in lists)
        {
            writer.WriteStartArray(field);
            foreach (int number in numbers)
            {
                writer.WriteNumberValue(number);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
