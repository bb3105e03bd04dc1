using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Contract;

/// <summary>
/// Something that is done with trained models: what a sweep can ask of it, the tables of its rows, what it costs, and the work itself.
/// <c>All.cs</c> lists them all; training knows of none, and none knows of another.
/// </summary>
internal interface IAnalysis
{
    /// <summary>In flags.</summary>
    string Name { get; }

    /// <summary>Names of analyses whose fields it looks at: what is done with pruned models needs to know which.</summary>
    IReadOnlyList<string> Needs => [];

    /// <summary>What a sweep can ask of it; as they are in a new <see cref="SweepSpec"/>, nothing is asked.</summary>
    IReadOnlyList<Field<SweepSpec>> Fields { get; }

    /// <summary>The tables of its rows, in the order of unit files.</summary>
    IReadOnlyList<ModelTable> Tables { get; }

    /// <summary>Whether a sweep asks for it, so that its run has the tables.</summary>
    bool IsIn(SweepSpec spec);

    /// <summary>What it costs; nothing for a sweep that it <see cref="IsIn"/> not.</summary>
    /// <param name="epochs">Of the training, one of the spec's.</param>
    AnalysisCost CostOf(SweepSpec spec, int epochs);

    /// <summary>How many of some models it works on that share a split and a variant; those are what <see cref="CostOf"/> is for.</summary>
    int ModelsIn(SweepSpec spec, ClassTask task, int seed, TrainingVariant variant, IReadOnlyList<ModelSpec> models) => models.Count;

    /// <summary>Does it and adds the rows of every table; not called for a sweep that it <see cref="IsIn"/> not.</summary>
    /// <param name="run">The models, which are not changed.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    void Run(AnalysisRun run);
}
