using System.Globalization;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Perf;

/// <summary>
/// Runs as large as one likes without training a model: real plans, and unit files that are copies of a few real ones with
/// another number in their metadata and the checksum that belongs to it.
/// </summary>
internal static class SyntheticRun
{
    private const int Inputs = 16, TrainImages = 64;

    // No data have it.
    private static readonly string s_dataHash = new('0', 64);

    /// <summary>Images of the size and number that <see cref="Small"/> plans are for.</summary>
    public static Dataset Data { get; } = new(
        "synthetic",
        new byte[Inputs * TrainImages * 5 / 4],
        [.. Enumerable.Range(0, TrainImages * 5 / 4).Select(image => (byte)(image % 2))],
        4, 4, 2, s_dataHash);

    /// <summary>A plan of tiny models: one task, a seed a unit, two models of each size in it.</summary>
    /// <param name="firstSeed">The others follow it.</param>
    /// <param name="sizes">Hidden sizes, from 2 on.</param>
    public static Plan Small(int units, int firstSeed = 0, int sizes = 2) => Plan.Create(
        Presets.Paper.WithoutRates() with
        {
            Tasks = [new ClassTask(0, 1)],
            Hidden = [.. Enumerable.Range(2, sizes)],
            LearningRates = [0.1, 0.03],
            Seeds = [.. Enumerable.Range(firstSeed, units)],
            Epochs = [2],
            Sparsity = [],
            Pruning = [],
            Corruptions = [],
            Similarity = [],
            Embedding = [],
        },
        s_dataHash, Inputs, (_, _) => new(TrainImages));

    /// <summary>A plan of a million models as a study would have it: all pairs of ten classes, sizes, rates and seeds.</summary>
    public static Plan Million(int models)
    {
        // 45 tasks x 8 sizes x 4 rates are 1,440 models a seed.
        int seeds = (int)Math.Round(models / 1440.0);
        return Plan.Create(
            Presets.Paper.WithoutRates() with
            {
                Tasks = [.. from first in Enumerable.Range(0, 10) from second in Enumerable.Range(first + 1, 9
                    - first) select new ClassTask(first, second)],
                Hidden = [2, 4, 8, 12, 16, 24, 32, 48],
                LearningRates = [0.003, 0.01, 0.03, 0.1],
                Seeds = [.. Enumerable.Range(0, Math.Max(1, seeds))],
            },
            s_dataHash, 784, (_, _) => new(9346));
    }

    /// <summary>The worst case for a plan: a unit for every model.</summary>
    public static Plan Scattered(int models) => Plan.Create(
        Presets.Paper.WithoutRates() with
        {
            Tasks = [new ClassTask(0, 1)],
            Hidden = [2],
            Seeds = [.. Enumerable.Range(0, models)],
            Embedding = [],
        }, s_dataHash, 784, (_, _) => new(9346));

    /// <summary>Writes every unit of a <see cref="Small"/> plan.</summary>
    public static RunDirectory Finish(string folder, Plan plan)
    {
        RunDirectory run = RunDirectory.OpenOrCreate(folder, plan);
        byte[] template = [];
        string number = "";
        foreach (WorkUnit unit in plan.Units)
        {
            string path = run.UnitPath(unit.Id), id = unit.Id.ToString(CultureInfo.InvariantCulture);
            if (id.Length != number.Length)
            {
                // Numbers of the same length take each other's place in the file.
                run.WriteUnit(ResultOf(plan, unit));
                (template, number) = (File.ReadAllBytes(path), id);
                continue;
            }

            if (unit.Id % 1000 == 0)
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, SealedParquet.Renumbered(template, "unit", number, id));
        }

        return run;
    }

    private static UnitResult ResultOf(Plan plan, WorkUnit unit)
    {
        ModelResult Model(ModelSpec spec) => new(
            Schema<ResultRow>.Read(new Zeros(spec.KeyOf(unit.Task, unit.Seed, plan.VariantOf(unit)))),
            RowLists.None.With<EpochMetrics>([default, default]),
            new ModelParameters(new float[Inputs * spec.Hidden], new float[spec.Hidden], new float[spec.Hidden], [0]));
        return new UnitResult(
            unit,
            new Split(unit.Task, unit.Seed, [.. Enumerable.Range(0, TrainImages)], [.. Enumerable.Range(0, TrainImages / 4)]),
            [.. plan.ModelsOf(unit).Select(Model)]);
    }

    /// <summary>A row whose figures are all 0, whatever columns there are.</summary>
    private sealed class Zeros(ModelKey key) : Cells
    {
        public override string Text(int column) => Statuses.Ok;

        public override int Integer(int column) => 0;

        public override int? Count(int column) => 0;

        public override double Number(int column) => 0;

        public override long Long(int column) => 0;

        public override float[] Floats(int column) => [];

        public override int[] Integers(int column) => [];

        public override ModelKey Key() => key;
    }
}
