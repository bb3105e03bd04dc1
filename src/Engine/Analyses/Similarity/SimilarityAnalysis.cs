using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>
/// Compares the saliency maps of trained models with those of their pruned copies at every level, and with those of models of
/// new random weights: a method whose maps survive that says nothing of what a model has learnt (Adebayo et al. 2018).
/// </summary>
internal sealed class SimilarityAnalysis : IAnalysis
{
    private const int RowBytes = 130;

    public string Name => "similarity";

    public IReadOnlyList<string> Needs => ["pruning"];

    public IReadOnlyList<Field<SweepSpec>> Fields => SimilarityFields.All;

    public IReadOnlyList<ModelTable> Tables { get; } = [new ModelTable<SaliencyRow>()];

    public bool IsIn(SweepSpec spec) => spec.Similarity.Count > 0;

    public AnalysisCost CostOf(SweepSpec spec, int epochs)
    {
        int rows = spec.Similarity.Count * (1 + (spec.Pruning.Count * spec.Sparsity.Count));
        return new AnalysisCost
        {
            Maps = (double)rows * spec.SimilarityImages,
            MapsAtOnce = spec.Similarity.Count,
            Rows = rows,
            DiskBytes = (long)RowBytes * rows,
            Copies = 2,
        };
    }

    /// <summary>Rows: saliency methods (outer); then new weights, and pruning methods and levels in the order of the spec.</summary>
    public void Run(AnalysisRun run) => run.Add(new CohortSimilarity(run.Cohort, run.Spec, run.Step).Run());
}

