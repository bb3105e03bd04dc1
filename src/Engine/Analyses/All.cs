using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Predictions;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Analyses;

/// <summary>The one list of analyses. What a sweep can ask for, which tables a run has and what it costs follow from it.</summary>
public static class AnalysisList
{
    // In the order of plans and of unit files.
    private static readonly IAnalysis[] s_all =
    [
        new PruningAnalysis(),
        new EmbeddingAnalysis(),
        new RobustnessAnalysis(),
        new SimilarityAnalysis(),
        new FinetuningAnalysis(),
        new PredictionAnalysis(),
        new TicketAnalysis(),
    ];

    private static readonly ModelTable<EpochMetrics> s_history = new() { Counted = "epoch" };

    // Of models with a logit a class.
    private static readonly ModelTable[] s_classes = [new ModelTable<ClassRow>(), new ModelTable<ConfusionRow>()];

    /// <summary>The phase before all analyses.</summary>
    public const string Training = "training";

    /// <summary>Every field of a sweep, in the order of plans, which is part of their hash.</summary>
    public static IReadOnlyList<Field<SweepSpec>> Fields { get; } =
        [.. TrainingFields.All, .. s_all.SelectMany(analysis => analysis.Fields), .. RateFields.All];

    /// <summary>Those of them that say what is done with trained models.</summary>
    public static IReadOnlyList<Field<SweepSpec>> AnalysisFields { get; } = [.. s_all.SelectMany(analysis => analysis.Fields)];

    /// <summary>Their names, as lists in flags have them.</summary>
    public static NamedItem<string> Item { get; } = NamedItems.Of("analysis", [.. s_all.Select(analysis => analysis.Name)], name => name);

    /// <summary>Headings of help, in its order.</summary>
    public static IReadOnlyList<string> Sections { get; }
        = [.. Fields.Select(field => field.Section).Where(section => section.Length > 0).Distinct()];

    /// <summary>All tables that a model may have rows in, in the order of unit files.</summary>
    internal static IReadOnlyList<ModelTable> Tables { get; } = [s_history, .. s_classes, .. s_all.SelectMany(analysis => analysis.Tables)];

    /// <summary>The tables of a run of this spec.</summary>
    internal static IEnumerable<ModelTable> TablesOf(SweepSpec spec) =>
        [s_history, .. spec.HasSoftmax ? s_classes : [], .. Of(spec).SelectMany(analysis => analysis.Tables)];

    /// <summary>The analyses that a spec asks for, in the order in which they are done.</summary>
    internal static IEnumerable<IAnalysis> Of(SweepSpec spec) => s_all.Where(analysis => analysis.IsIn(spec));

    /// <summary>What these cost.</summary>
    /// <param name="epochs">Of the training.</param>
    internal static IReadOnlyList<AnalysisCost> CostsOf(SweepSpec spec, int epochs) =>
        [.. Of(spec).Select(analysis => analysis.CostOf(spec, epochs))];

    /// <summary>Epochs that a unit goes through: training, and further training by analyses.</summary>
    public static long EpochsOf(this SweepSpec spec, int epochs) => epochs + CostsOf(spec, epochs).Sum(cost => cost.Epochs);

    /// <summary>The same training, and nothing done with the models after it.</summary>
    public static SweepSpec WithoutAnalyses(this SweepSpec spec) =>
        s_all.SelectMany(analysis => analysis.Fields).Aggregate(spec, (changed, field) => field.Reset(changed));

    /// <summary>The same sweep with some of its analyses alone, and what these look at.</summary>
    /// <param name="names">Of <see cref="Item"/>; none for training alone.</param>
    public static SweepSpec Only(this SweepSpec spec, IReadOnlyList<string> names) =>
        Others(names).SelectMany(analysis => analysis.Fields).Aggregate(spec, (changed, field) => field.Reset(changed));

    /// <summary>The name of the analysis that a field belongs to and that some others leave out; null where it is not left out.</summary>
    public static string? LeavesOut(IReadOnlyList<string> names, Field<SweepSpec> field) =>
        Others(names).FirstOrDefault(analysis => analysis.Fields.Contains(field))?.Name;

    /// <summary>Whether a sweep asks for an analysis, and the fields that decide that.</summary>
    public static (bool IsIn, IReadOnlyList<Field<SweepSpec>> Fields) Asks(this SweepSpec spec, string name)
    {
        IAnalysis analysis = s_all.Single(analysis => analysis.Name == name);
        return (analysis.IsIn(spec), analysis.Fields);
    }

    /// <summary>
    /// Whether a sweep trains all models of another one in the same way, and makes at least the same of each: then it is that sweep, grown.
    /// </summary>
    public static bool Holds(this SweepSpec spec, SweepSpec other)
    {
        bool Hold(IEnumerable<Field<SweepSpec>> fields) =>
            fields.Where(field => field.PartOf is null).All(field => field.Holds(spec, other));
        return Hold([.. TrainingFields.All, .. RateFields.All])
            && Of(other).All(analysis => analysis.IsIn(spec) && Hold(analysis.Fields));
    }

    private static IEnumerable<IAnalysis> Others(IReadOnlyList<string> names)
    {
        string[] kept = [.. names, .. s_all.Where(analysis => names.Contains(analysis.Name)).SelectMany(analysis => analysis.Needs)];
        return s_all.Where(analysis => !kept.Contains(analysis.Name));
    }

    /// <summary>Trains a cohort and does with its models what a spec asks for.</summary>
    /// <param name="cohort">Freshly made.</param>
    /// <param name="afterEpoch">Called with the 1-based epoch and its figures, of training and of further training; null to go
    /// without.</param>
    /// <param name="cancel">Looked at between epochs and within analyses.</param>
    /// <param name="worked">Called with the name of a phase (<see cref="Training"/>, or of an analysis) and the share of it that is
    /// done, 0..1; null to go without.</param>
    /// <returns>One result a model, in the cohort's order.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing of the cohort is kept.</exception>
    public static IReadOnlyList<ModelResult> TrainAndAnalyse(
        Cohort cohort,
        SweepSpec spec,
        Action<int, IReadOnlyList<EpochMetrics>>? afterEpoch,
        CancellationToken cancel,
        Action<string, double>? worked = null)
    {
        int epoch = 0;
        void AfterEpoch(IReadOnlyList<EpochMetrics> metrics) => afterEpoch?.Invoke(++epoch, metrics);
        void AfterTraining(IReadOnlyList<EpochMetrics> metrics)
        {
            AfterEpoch(metrics);
            worked?.Invoke(Training, (double)epoch / cohort.Variant.Epochs);
        }

        worked?.Invoke(Training, 0);
        ModelResult[] results = Trainer.Train(cohort, spec.ValidateEvery, AfterTraining, cancel);

        // Models that all stop early leave epochs out.
        worked?.Invoke(Training, 1);
        return Analyse(Of(spec), results, cohort, spec, AfterEpoch, worked, cancel);
    }

    /// <summary>What a sweep asks for of models that were trained before, if all of it was made with them.</summary>
    /// <param name="trained">At least one, of one task, seed and variant.</param>
    /// <returns>The models as the sweep would have them; null where an analysis is to be made.</returns>
    internal static IReadOnlyList<ModelResult>? Taken(
        SweepSpec spec, Split split, TrainingVariant variant, IReadOnlyList<TrainedModel> trained) =>
        Taken(spec, split, variant, trained, out IReadOnlyList<IAnalysis> left) is var results && left.Count == 0 ? results : null;

    /// <summary>Does with models that were trained before what a spec asks for; what was made of them already is taken.</summary>
    /// <param name="cohort">Freshly made, of these models.</param>
    /// <inheritdoc cref="TrainAndAnalyse"/>
    internal static IReadOnlyList<ModelResult> Analyse(
        Cohort cohort,
        SweepSpec spec,
        IReadOnlyList<TrainedModel> trained,
        Action<IReadOnlyList<EpochMetrics>> afterEpoch,
        CancellationToken cancel,
        Action<string, double>? worked = null)
    {
        ModelResult[] results = Taken(spec, cohort.Split, cohort.Variant, trained, out IReadOnlyList<IAnalysis> left);
        cohort.Restore(results);
        return Analyse(left, results, cohort, spec, afterEpoch, worked, cancel);
    }

    private static ModelResult[] Analyse(
        IEnumerable<IAnalysis> analyses,
        ModelResult[] results,
        Cohort cohort,
        SweepSpec spec,
        Action<IReadOnlyList<EpochMetrics>> afterEpoch,
        Action<string, double>? worked,
        CancellationToken cancel)
    {
        foreach (IAnalysis analysis in analyses)
        {
            void Worked(double share) => worked?.Invoke(analysis.Name, share);
            Worked(0);
            analysis.Run(new AnalysisRun(cohort, spec, results, afterEpoch, Worked, cancel));
            Worked(1);
        }

        return [.. results.Select(result => result.Ok ? result : result.AsFailed())];
    }

    /// <summary>History and the rows of those analyses that would be made in the same way again.</summary>
    /// <param name="left">The analyses that the sweep asks for besides.</param>
    private static ModelResult[] Taken(
        SweepSpec spec, Split split, TrainingVariant variant, IReadOnlyList<TrainedModel> trained, out IReadOnlyList<IAnalysis> left)
    {
        ModelTable[] tables = [s_history, .. s_classes];
        List<IAnalysis> others = [];
        foreach (IAnalysis analysis in Of(spec))
        {
            if (trained.All(model => IsMade(analysis, spec, split, variant, model)))
                tables = [.. tables, .. analysis.Tables];
            else
                others.Add(analysis);
        }

        left = others;
        return [.. trained.Select(model => model.Result with
        {
            Rows = tables.Aggregate(RowLists.None, (rows, table) => table.Copy(model.Result.Rows, rows)),
        })];
    }

    private static bool IsMade(IAnalysis analysis, SweepSpec spec, Split split, TrainingVariant variant, TrainedModel trained)
    {
        // Some analyses choose models by the whole sweep.
        int ModelsIn(SweepSpec of) => analysis.ModelsIn(of, split.Task, split.Seed, variant, [trained.Model]);
        return analysis.IsIn(trained.Spec) && ModelsIn(spec) == ModelsIn(trained.Spec)
            && s_all.Where(one => one == analysis || analysis.Needs.Contains(one.Name)).SelectMany(one => one.Fields)
                .All(field => field.Same(spec, trained.Spec));
    }
}
