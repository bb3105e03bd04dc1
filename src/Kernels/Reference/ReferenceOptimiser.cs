using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// The steps of one model by the definitions of torch.optim in double, with what its optimiser remembers: SGD (momentum, Nesterov's; no
/// dampening), Adam and AdamW (epsilon 1e-8). One object a training; the order of calls is the order of steps.
/// </summary>
/// <param name="optimiser">One of <see cref="Optimiser.All"/>.</param>
/// <param name="rate">Of learning.</param>
/// <param name="momentum">0 up to 1.</param>
/// <param name="beta1">0 up to 1.</param>
/// <param name="beta2">0 up to 1.</param>
public sealed class ReferenceOptimiser(Optimiser optimiser, double rate, double momentum = 0.9, double beta1 = 0.9, double beta2 = 0.999)
{
    /// <summary>What is added to Adam's square root.</summary>
    public const double Epsilon = 1e-8;

    // A parameter after a step; decay is that of weights, 0 for biases.
    private static readonly Dictionary<string, Func<ReferenceOptimiser, int, double, double, double, double>> s_steps = new()
    {
        ["sgd"] = (own, _, p, g, decay) => p - (own.Rate * (g + (decay * p))),
        ["momentum"] = (own, i, p, g, decay) => p - (own.Rate * own.Velocity(i, g + (decay * p))),
        ["nesterov"] = (own, i, p, g, decay) =>
            p - (own.Rate * (g + (decay * p) + (own.Momentum * own.Velocity(i, g + (decay * p))))),
        ["adam"] = (own, i, p, g, decay) => p - (own.Rate * own.Moments(i, g + (decay * p))),
        ["adamw"] = (own, i, p, g, decay) => (p * (1 - (own.Rate * decay))) - (own.Rate * own.Moments(i, g)),
    };

    /// <summary>What is remembered of each parameter in the order W1, b1, w2, b2: the velocity, or the mean of gradients.</summary>
    public double[] First { get; private set; } = [];

    /// <summary>Likewise: the mean of squares.</summary>
    public double[] Second { get; private set; } = [];

    /// <summary>Taken so far.</summary>
    public int Steps { get; private set; }

    /// <summary>What the mean of gradients, and that of squares, are divided by because they began at 0.</summary>
    public (double First, double Second) Corrections => (1 - Math.Pow(beta1, Steps), 1 - Math.Pow(beta2, Steps));

    private double Rate => rate;

    private double Momentum => momentum;

    /// <summary>The model after a step; nothing is overwritten but what is remembered.</summary>
    /// <param name="gradient">Of the batch's mean loss, without decay.</param>
    /// <param name="decay">Of W1 and w2; biases have none.</param>
    public ReferenceParameters Step(ReferenceParameters model, ReferenceParameters gradient, double decay = 0)
    {
        int parameters = model.W1.Length + model.Hidden + model.W2.Length + model.Outputs, place = 0;
        if (Steps++ == 0)
            (First, Second) = (new double[parameters], new double[parameters]);
        Func<ReferenceOptimiser, int, double, double, double, double> step = s_steps[optimiser.Name];
        double[] Part(double[] values, double[] slopes, double shrink) =>
            [.. values.Select((value, i) => step(this, place++, value, slopes[i], shrink))];
        return new ReferenceParameters(
            Part(model.W1, gradient.W1, decay), Part(model.B1, gradient.B1, 0), Part(model.W2, gradient.W2, decay),
            Part(model.B2, gradient.B2, 0));
    }

    private double Velocity(int i, double g) => First[i] = (momentum * First[i]) + g;

    // The quotient of the corrected moments.
    private double Moments(int i, double g)
    {
        First[i] = (beta1 * First[i]) + ((1 - beta1) * g);
        Second[i] = (beta2 * Second[i]) + ((1 - beta2) * g * g);
        return First[i] / Corrections.First / (Math.Sqrt(Second[i] / Corrections.Second) + Epsilon);
    }
}
