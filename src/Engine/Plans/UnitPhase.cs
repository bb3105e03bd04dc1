using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>How fast a machine is at the parts of a unit's work.</summary>
/// <param name="Train">Seconds of training, for each dense-equivalent floating point operation of an epoch (4 N D C).</param>
/// <param name="Forward">Seconds of evaluating, for each operation that an epoch over the same images has.</param>
/// <param name="Unit">Seconds to prepare a unit and to save it.</param>
public readonly record struct WorkSpeed(double Train, double Forward, double Unit)
{
    // On one core of an EPYC (Zen 5): making a saliency map of MNIST's size and comparing it, and a pair of points in a step of t-SNE.
    private const double OneMap = 25e-6, OnePair = 0.35e-9;

    /// <summary>On two cores of that machine: of use where the parts are only compared with each other.</summary>
    public static WorkSpeed Typical => new(1.4e-12, 0.7e-12, 0.05);

    /// <summary>Seconds for a saliency map of so many pixels.</summary>
    public static double Map(int inputs) => OneMap * inputs / 784 / Environment.ProcessorCount;

    /// <summary>Seconds for a pair of points.</summary>
    public static double Pair => OnePair / Environment.ProcessorCount;
}

/// <summary>A part of a unit's work: training, or one of the analyses.</summary>
/// <param name="Name"><see cref="AnalysisList.Training"/>, or the name of an analysis.</param>
/// <param name="Seconds">An estimate.</param>
/// <param name="Models">Of the unit, on which it works.</param>
public readonly record struct UnitPhase(string Name, double Seconds, int Models)
{
    // A unit's validation images are a quarter of its training images.
    private const double ValidationShare = 0.25;

    // A data set of which nothing is known but that it is like MNIST.
    private const int UsualInputs = 784, UsualImages = 10_000;

    /// <summary>The parts of a unit, in the order in which they are done.</summary>
    /// <param name="trainImages">N of the unit's task.</param>
    public static IReadOnlyList<UnitPhase> Of(Plan plan, WorkUnit unit, int inputs, int trainImages, WorkSpeed speed)
    {
        SweepSpec spec = plan.SpecOf(unit);
        TrainingVariant variant = plan.VariantOf(unit);
        IReadOnlyList<ModelSpec> models = plan.ModelsOf(unit);
        double epoch = 4.0 * trainImages * inputs * models.Sum(model => (double)model.Hidden);
        double evaluation = speed.Forward * epoch * (1 + ValidationShare);
        if (spec.ValidateEvery > 0)
            evaluation += speed.Forward * epoch * 2 * ValidationShare * variant.Epochs / spec.ValidateEvery;
        List<UnitPhase> phases =
            [new(AnalysisList.Training, speed.Unit + (speed.Train * epoch * variant.Epochs) + evaluation, models.Count)];
        foreach (IAnalysis analysis in AnalysisList.Of(spec))
        {
            AnalysisCost cost = analysis.CostOf(spec, variant.Epochs);
            int count = analysis.ModelsIn(spec, unit.Task, unit.Seed, variant, models);
            double share = (double)count / models.Count;

            // Figures cost about as much as logits, and images without zeros four times as much.
            double forwards = 2 * ValidationShare * (cost.Forwards + (2 * cost.DenseForwards));
            double seconds = (share * epoch * ((speed.Train * cost.Epochs) + (speed.Forward * forwards)))
                + (count * ((cost.Maps * WorkSpeed.Map(inputs)) + (cost.PointPairs * WorkSpeed.Pair)));
            phases.Add(new(analysis.Name, seconds, count));
        }

        return phases;
    }

    /// <summary>The parts of every unit of a plan, in its order, on a machine of which nothing is known.</summary>
    public static IReadOnlyList<UnitPhase>[] OfAll(Plan plan, Dataset data)
    {
        // Counting a task's images goes through all labels, so it is done once a task and not once a unit.
        Dictionary<ClassTask, int> images = plan.Spec.Tasks.ToDictionary(task => task, task => Splitter.TrainImages(data, task));
        return [.. plan.Units.Select(unit => Of(plan, unit, data.Inputs, images[unit.Task], WorkSpeed.Typical))];
    }

    /// <summary>How long a unit takes beside others of its plan, when nothing is known of the data.</summary>
    public static double UsualSeconds(Plan plan, WorkUnit unit) =>
        Of(plan, unit, UsualInputs, UsualImages, WorkSpeed.Typical).Sum(phase => phase.Seconds);
}
