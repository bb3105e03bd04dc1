using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>The smallest piece of work that is saved: a cohort or a slice of one, all trained in one way.</summary>
/// <param name="Id">Position in <see cref="Plan.Units"/>, 0 .. 999,999.</param>
/// <param name="FirstModel">0-based position of the unit's first model in the cohort's list.</param>
/// <param name="ModelCount">At least 1.</param>
/// <param name="Variant">Position in <see cref="Plan.Variants"/>.</param>
public readonly record struct WorkUnit(int Id, ClassTask Task, int Seed, int FirstModel, int ModelCount, int Variant = 0);

/// <summary>
/// What a run does, unit by unit; the same spec and data give the same plan everywhere. The models of a cohort are the
/// list training x lr x hidden in the order of the spec, training outer, hidden inner; units go through tasks (outer), seeds, variants
/// and models. Where the spec has a rate grid, its models, of the first training alone, follow in units of their own.
/// </summary>
/// <param name="FormatVersion">Of plan.json.</param>
/// <param name="DataSha256">As in <c>Dataset.Sha256</c>: lower-case hex.</param>
/// <param name="Hash">SHA-256 (lower-case hex) of everything else in the plan; names the run in each of its files.</param>
public sealed record Plan(int FormatVersion, SweepSpec Spec, string DataSha256, IReadOnlyList<WorkUnit> Units, string Hash)
{
    /// <summary>
    /// Raised with every change of what plan.json or a unit file holds, so that a run of another version is refused and never
    /// misread. 2: failed models have no figures, tables have a status, the embedded model is <see cref="ShownModel"/>,
    /// plans name their pictures. 3: sums are exact, results have <c>learned_epoch</c>, pruning has <c>weights_left</c>. 4: results have
    /// test figures and history has room for those of validation, t-SNE leaves out pairs without a force, plans name their test files.
    /// 5: rows tell of the loss, the optimizer with its settings and the schedule of rates, of split, label noise and training images;
    /// units tell of labels that were changed.
    /// </summary>
    public const int CurrentFormat = 5;

    /// <summary>
    /// The format that stands in what is hashed: raised with <see cref="CurrentFormat"/> where the models of a plan become others.
    /// Formats that tell more of the same models leave a plan its name.
    /// </summary>
    public const int HashedFormat = 3;

    /// <summary>Unit files have six-digit numbers.</summary>
    public const int MaxUnits = 1_000_000;

    /// <summary>20 TFLOP are about a minute at the 300 GFLOP/s of two CPU cores: what a kill may cost.</summary>
    public const double DefaultUnitFlop = 20e12;

    // Few epochs make many models cheap; 16 Mi parameters (64 MiB) keep a unit's results small in memory all the same.
    private const double MaxUnitParameters = 1 << 24;

    // Five figures a model and epoch, ten a model and level of pruning: 4 Mi entries are 160 to 320 MiB. Only tiny data
    // with very many epochs, or very many tiny models with many levels, get there.
    private const int MaxUnitEntries = 1 << 22;

    // Evaluation holds a logit for each model and training image, on the device and off it: 32 Mi are 128 MiB each.
    private const int MaxUnitLogits = 1 << 25;

    // Similarity holds a prepared map of an image for each model and method, 29 bytes a pixel: 16 Mi pixels are half a GiB.
    private const int MaxUnitMaps = 1 << 24;

    private readonly Lazy<ModelSpec[]> _models = new(() =>
    [
        .. from training in Spec.Trainings() from rate in Spec.LearningRates from hidden in Spec.Hidden
           select new ModelSpec(hidden, rate, training),
        .. from training in Spec.Trainings().Take(1) from rate in Spec.RateGrid from hidden in Spec.Hidden
           select new ModelSpec(hidden, rate, training),
    ]);

    private readonly Lazy<IReadOnlyList<TrainingVariant>> _variants = new(Spec.Variants);

    /// <summary>Into how many parts <c>run --shard</c> divides the units, 1 .. their number; no part of the hash.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>
    /// <see cref="TestSet.Sha256"/> of a user's data, part of the hash; null where they have no test files, and for the embedded data,
    /// whose test files are those of the program.
    /// </summary>
    public string? TestSha256 { get; init; }

    /// <summary>The saliency pictures that the run makes of itself; no part of the hash.</summary>
    public PictureChoice Pictures { get; init; }

    /// <summary>Cannot be changed by <c>with</c>: the models belong to it.</summary>
    public SweepSpec Spec { get; } = Spec;

    /// <summary>The models that every cohort has, in order.</summary>
    public IReadOnlyList<ModelSpec> CohortModels
        => new ArraySegment<ModelSpec>(_models.Value, 0, Spec.CohortSize);

    /// <summary>
    /// All models of a cohort, in order: behind <see cref="CohortModels"/> those of the spec's rate grid, where it is tried.
    /// </summary>
    public IReadOnlyList<ModelSpec> ModelsFor(ClassTask task, int variant) =>
        variant == 0 && Spec.RateTasks.Contains(task) ? _models.Value : CohortModels;

    /// <summary>The ways to train, in the order of <see cref="SweepSpec.Variants"/>; each cohort has one.</summary>
    public IReadOnlyList<TrainingVariant> Variants => _variants.Value;

    /// <summary>
    /// Whether a unit's models are there for the comparison of rates alone: they are trained and evaluated, nothing more.
    /// </summary>
    public bool IsForRates(WorkUnit unit) => unit.FirstModel >= CohortModels.Count;

    /// <summary>What is done with the models of a unit.</summary>
    public SweepSpec SpecOf(WorkUnit unit) => IsForRates(unit) ? Spec.WithoutAnalyses() : Spec;

    /// <summary>How a unit is trained.</summary>
    public TrainingVariant VariantOf(WorkUnit unit) => Variants[unit.Variant];

    /// <summary>The models of one unit, in order; a view, not a copy.</summary>
    public IReadOnlyList<ModelSpec> ModelsOf(WorkUnit unit) =>
        new ArraySegment<ModelSpec>(_models.Value, unit.FirstModel, unit.ModelCount);

    /// <summary>Cuts a sweep into units.</summary>
    /// <param name="inputs">D, pixels of an image.</param>
    /// <param name="sizeOf">How many images a task has for a choice of them, as <see cref="Splitter.SizesOf"/> tells.</param>
    /// <param name="unitFlop">Most work in a unit, dense-equivalent; one model may be more.</param>
    /// <param name="name">What messages call a field of spec files, see <see cref="SpecValidator.Validate"/>.</param>
    /// <param name="testSha256">From <see cref="TestOf"/>.</param>
    /// <exception cref="UserErrorException">The spec is invalid, or has too many models or units.</exception>
    public static Plan Create(
        SweepSpec spec,
        string dataSha256,
        int inputs,
        Func<ClassTask, ImageChoice, SplitSize> sizeOf,
        double unitFlop = DefaultUnitFlop,
        Func<string, string>? name = null,
        string? testSha256 = null)
    {
        name ??= Flag.NameOf;
        SpecValidator.Validate(spec, name);
        SpecValidator.CheckSize(spec, name);
        int models = spec.CohortSize;
        IReadOnlyList<TrainingVariant> variants = spec.Variants();
        List<WorkUnit> units = [];
        foreach (ClassTask task in spec.Tasks)
        {
            var sizes = variants.Select(variant => variant.Images).Distinct()
                .ToDictionary(images => images, images => sizeOf(task, images));
            Dictionary<(int Epochs, ImageChoice Images), List<(int First, int Count)>> slices =
                variants.Select(variant => (variant.Epochs, variant.Images)).Distinct().ToDictionary(way => way, way => Slices(
                    spec, models / spec.Hidden.Count, inputs, sizes[way.Images], way.Epochs, unitFlop));
            List<(int First, int Count)> rateSlices = spec.RateTasks.Contains(task)
                ? Slices(spec.WithoutAnalyses(), spec.RateGrid.Count, inputs, sizes[variants[0].Images], variants[0].Epochs, unitFlop)
                : [];
            if ((variants.Sum(variant => (double)slices[(variant.Epochs, variant.Images)].Count) + rateSlices.Count) * spec.Seeds.Count
                + units.Count > MaxUnits)
            {
                throw new UserErrorException(
                    $"{name(SpecValidator.LongestOf(spec).Field)}: more than {MaxUnits} units of work; the sweep must be split");
            }

            foreach (int seed in spec.Seeds)
            {
                for (int variant = 0; variant < variants.Count; variant++)
                {
                    foreach ((int first, int count) in slices[(variants[variant].Epochs, variants[variant].Images)])
                    {
                        units.Add(new WorkUnit(units.Count, task, seed, first, count, variant));
                    }

                    foreach ((int first, int count) in variant == 0 ? rateSlices : [])
                    {
                        units.Add(new WorkUnit(units.Count, task, seed, models + first, count, variant));
                    }
                }
            }
        }

        Plan plan = new(CurrentFormat, spec, dataSha256, units, "") { Pictures = PictureChoice.Usual(spec), TestSha256 = testSha256 };
        return plan with { Hash = PlanJson.HashOf(plan) };
    }

    /// <summary>What a plan for some data has as <see cref="TestSha256"/>.</summary>
    public static string? TestOf(SweepSpec spec, Dataset data) => spec.Data == SweepSpec.EmbeddedName ? null : data.Test?.Sha256;

    /// <summary>Most columns and models of a unit that has more than one model.</summary>
    internal static (int Columns, int Models) UnitLimits(SweepSpec spec, int inputs, SplitSize images, int epochs, double unitFlop)
    {
        int outputs = spec.HasSoftmax ? spec.MostClasses : 1;

        // An epoch takes 2 N D FLOP a column for X W1 and as many for X^T dZ; everything else is small beside them.
        // A forward pass of an analysis is half of that, over the validation images.
        // What optimisers remember is saved beside the parameters.
        int states = spec.Optimisers.Max(optimiser => optimiser.States);
        IReadOnlyList<AnalysisCost> costs = AnalysisList.CostsOf(spec, epochs);
        double forwards = costs.Sum(cost => cost.Forwards + (4 * cost.DenseForwards));
        double flopPerColumn = 4.0 * images.Train * (inputs + outputs - 1) * (spec.EpochsOf(epochs) + (forwards * images.Validation / 2));
        int maxColumns = (int)Math.Max(
            1, Math.Min(unitFlop / flopPerColumn, MaxUnitParameters / ((inputs + 1.0 + outputs) * (1 + states))));
        long entries = costs.Select(cost => cost.Rows + (long)(cost.RowsPerImage * images.All)).Append(epochs)
            .Append(outputs * outputs).Max();
        int maps = MaxUnitMaps / (inputs * costs.Select(cost => cost.MapsAtOnce).Append(1).Max());
        int maxModels = (int)Math.Max(
            1, Math.Min(Math.Min(MaxUnitEntries / entries, maps), MaxUnitLogits / outputs / Math.Max(1, images.All)));
        return (maxColumns, maxModels);
    }

    /// <summary>Fills slices from the front; a model that is above a limit by itself is a slice of its own.</summary>
    /// <param name="times">How often all hidden sizes are trained: rates, times trainings.</param>
    private static List<(int First, int Count)> Slices(
        SweepSpec spec, int times, int inputs, SplitSize images, int epochs, double unitFlop)
    {
        (int maxColumns, int maxModels) = UnitLimits(spec, inputs, images, epochs, unitFlop);
        List<(int First, int Count)> slices = [];
        int first = 0;
        int next = 0;
        long columns = 0;
        for (int time = 0; time < times; time++)
        {
            foreach (int hidden in spec.Hidden)
            {
                if (next > first && (columns + hidden > maxColumns || next - first == maxModels))
                {
                    slices.Add((first, next - first));
                    first = next;
                    columns = 0;
                }

                columns += hidden;
                next++;
            }
        }

        slices.Add((first, next - first));
        return slices;
    }
}
