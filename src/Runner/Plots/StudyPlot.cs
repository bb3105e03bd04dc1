using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Plots;

/// <summary>One plot of a run.</summary>
/// <param name="Name">Of its file, without <c>.png</c>.</param>
/// <param name="Section">The claim that it belongs to: <c>C1</c> .. <c>C7</c>, or the id of a topic that no claim is about.</param>
/// <param name="Alternative">What is seen, for those who do not see it.</param>
/// <param name="Draw">Draws it; whoever asks disposes of it.</param>
internal sealed record StudyPlot(string Name, string Section, string Alternative, Func<Figure> Draw)
{
    /// <summary>The plots that the tables of a run have numbers for, in the order of the claims.</summary>
    public static IReadOnlyList<StudyPlot> Of(StudyTables tables, RunDirectory run) =>
    [
        .. new[]
        {
            CapacityPlot.Of(tables), DescentPlot.Of(tables), SmallestSizePlot.Of(tables), TrainingPlot.Of(tables),
            TrainedHowPlot.Of(tables), ConfusionPlot.Of(tables, run),
            PruningPlot.Of(tables), PruningSizesPlot.Of(tables), WeightsLeftPlot.Of(tables), WhenSparsePlot.Of(tables),
            FinetunePlot.Of(tables), TicketPlot.Of(tables),
            DeadUnitPlot.Of(tables), RobustnessPlot.Of(tables), SaliencyPlot.Of(tables), EmbeddingPlot.Of(tables, run), RatePlot.Of(tables),
        }.OfType<StudyPlot>(),
    ];
}
