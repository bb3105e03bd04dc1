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
    // A data set of which nothing is known but that it is like MNIST.
    private const int UsualInputs = 784, UsualImages = 10_000;

    /// <summary>The parts of a unit, in the order in which they are done.</summary>
    /// <param name="images">Of the unit's task and variant.</param>
    public static IReadOnlyList<UnitPhase> Of(Plan plan, WorkUnit unit, int inputs, SplitSize images, WorkSpeed speed)
    {
        SweepSpec spec = plan.SpecOf(unit);
        TrainingVariant variant = plan.VariantOf(unit);
        IReadOnlyList<ModelSpec> models = plan.ModelsOf(unit);
        double epoch = 4.0 * images.Train * (inputs + variant.OutputsOf(unit.Task) - 1) * models.Sum(model => (double)model.Hidden);
        double evaluation = speed.Forward * epoch * (1 + images.Validation);
        if (spec.ValidateEvery > 0)
            evaluation += speed.Forward * epoch * 2 * images.Validation * variant.Epochs / spec.ValidateEvery;
        List<UnitPhase> phases =
            [new(AnalysisList.Training, speed.Unit + (speed.Train * epoch * variant.Epochs) + evaluation, models.Count)];
        foreach (IAnalysis analysis in AnalysisList.Of(spec))
        {
            AnalysisCost cost = analysis.CostOf(spec, variant.Epochs);
            int count = analysis.ModelsIn(spec, unit.Task, unit.Seed, variant, models);
            double share = (double)count / models.Count;

            // Figures cost about as much as logits, and images without zeros four times as much.
            double forwards = 2 * images.Validation * (cost.Forwards + (2 * cost.DenseForwards));
            double seconds = (share * epoch * ((speed.Train * cost.Epochs) + (speed.Forward * forwards)))
                + (count * ((cost.Maps * WorkSpeed.Map(inputs)) + (cost.PointPairs * WorkSpeed.Pair)));
            phases.Add(new(analysis.Name, seconds, count));
        }

        return phases;
    }

    /// <summary>The parts of every unit of a plan, in its order, on a machine of which nothing is known.</summary>
    public static IReadOnlyList<UnitPhase>[] OfAll(Plan plan, Dataset data)
    {
        Func<WorkUnit, SplitSize> images = SizesOf(plan, data);
        return [.. plan.Units.Select(unit => Of(plan, unit, data.Inputs, images(unit), WorkSpeed.Typical))];
    }

    /// <summary>How many images the units of a plan have. Each task and choice is counted once.</summary>
    internal static Func<WorkUnit, SplitSize> SizesOf(Plan plan, Dataset data)
    {
        Dictionary<(ClassTask, ImageChoice), SplitSize> known = [];
        return unit =>
        {
            (ClassTask Task, ImageChoice Images) key = (unit.Task, plan.VariantOf(unit).Images);
            if (!known.TryGetValue(key, out SplitSize size))
                known.Add(key, size = Splitter.SizeOf(data, key.Task, key.Images));
            return size;
        };
    }

    /// <summary>How long a unit takes beside others of its plan, when nothing is known of the data.</summary>
    public static double UsualSeconds(Plan plan, WorkUnit unit) =>
        Of(plan, unit, UsualInputs, UsualSize(plan.VariantOf(unit).Images), WorkSpeed.Typical).Sum(phase => phase.Seconds);

    private static SplitSize UsualSize(ImageChoice choice) =>
        new(Math.Min(choice.TrainImages ?? UsualImages, UsualImages), UsualImages);
}
