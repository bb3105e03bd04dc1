using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// Steps of every optimiser: each from a device's own parameters and gradients beside the definition in double, within what float32 may
/// be off; and whole epochs, which must have the bits of those steps.
/// </summary>
internal static class OptimiserCase
{
    private const int Steps = 3, Epochs = KernelExpectations.TrainedEpochs;

    // Roundings on the way of a state through a step, and of what becomes of it: a decay, a product, a sum; a root, a quotient, a product.
    private const double Few = 8 * RunningError.Unit * RunningError.Slack;

    // What a step of Adam may be off where squares fall below those that are kept: the root is below 1e-12 there, beside 1e-8.
    private const double Lost = 1e-8;

    // A bound wider than this part of its step would let wrong kernels pass. Steps of Adam are of one size, so that where decay and
    // gradient cancel rounding decides; all others together must be nearly the whole step.
    private const double WidestBound = 0.02, Shown = 0.9;

    /// <param name="gradients">Leaves the gradients of the first batch in scratch.</param>
    public static void Update(DeviceKernels kernels, DeviceCohort cohort, Shape shape, Action gradients)
    {
        float[] rates = Samples.Rates(shape.Hidden.Length);
        Tracked[] models = [.. rates.Select((rate, m) => new Tracked(shape.OptimiserOf(m), rate, shape.WeightDecay))];
        ModelParameters[] before = [.. shape.Models.Select((model, m) => ExactMlp.Masked(model, shape.MaskOf(m)))];
        for (int step = 0; step < Steps; step++)
        {
            gradients();
            ModelParameters[] slopes = cohort.DownloadGradients();
            kernels.Update(cohort);
            ModelParameters[] after = cohort.Download();
            for (int m = 0; m < models.Length; m++)
                models[m].Compare($"{shape}, model {m}, {shape.OptimiserOf(m)}, step {step + 1}", before[m], slopes[m], after[m]);
            before = after;
        }
    }

    /// <param name="batches">Leaves the gradients of each batch of an epoch in scratch; each time the action is called.</param>
    public static void TrainEpoch(
        DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape, Action<int, Action> batches)
    {
        for (int epoch = 0; epoch < Epochs; epoch++)
            batches(epoch, () => kernels.Update(cohort));
        (ModelParameters[] Models, float[][] States) expected = (cohort.Download(), cohort.DownloadStates());
        cohort.Upload(shape.Models);
        if (shape.IsMasked)
            cohort.SetMask(shape.Masks);
        cohort.ResetSteps();
        for (int epoch = 0; epoch < Epochs; epoch++)
            kernels.TrainEpoch(cohort, images, epoch);
        ModelParameters[] actual = cohort.Download();
        float[][] states = cohort.DownloadStates();
        for (int m = 0; m < actual.Length; m++)
        {
            string name = $"{shape}, model {m}, {shape.OptimiserOf(m)}";
            ExactExpectations.SameParameters(name, expected.Models[m], actual[m]);

            // Those of weights that a mask leaves out mean nothing: an epoch's gradients know no mask, those of single operations do.
            if (!shape.IsMasked)
                Check.SameBits($"{name}: states", expected.States[m], states[m]);
        }
    }

    // A model's steps by definition, and how large what they add could be: the same steps with every term's magnitude.
    private sealed class Tracked(Optimiser optimiser, float rate, float decay)
    {
        private readonly ReferenceOptimiser _steps = Of(optimiser, rate), _magnitudes = Of(optimiser, rate);

        public void Compare(string name, ModelParameters before, ModelParameters gradient, ModelParameters after)
        {
            ReferenceParameters from = ReferenceParameters.From(before), slopes = ReferenceParameters.From(gradient);
            double[] expected = Values(_steps.Step(from, slopes, decay)), actual = Values(ReferenceParameters.From(after));
            _magnitudes.Step(Absolute(from), Absolute(slopes), decay);
            double[] old = Values(from), g = Values(slopes), bounds = new double[old.Length];
            for (int i = 0; i < bounds.Length; i++)
                bounds[i] = (Few * Math.Abs(old[i])) + (rate * Bound(i, Math.Abs(g[i]) + (decay * Math.Abs(old[i]))));
            Check.Near(name, expected, actual, bounds);
            double[] moves = [.. old.Zip(expected, (a, b) => Math.Abs(a - b))];
            double shown = Norm(moves.Where((move, i) => bounds[i] <= WidestBound * move)), all = Norm(moves);
            Check.True(shown >= Shown * all, $"{name}: bounds show {shown:G3} of {all:G3} alone");
        }

        // Of what the rate multiplies.
        private double Bound(int i, double slope)
        {
            double few = Few * _steps.Steps;
            if (optimiser.States == 0)
                return few * slope;
            if (optimiser.States == 1)
                return 2 * few * (_magnitudes.First[i] + slope);
            (double first, double second) = _steps.Corrections;
            double mean = Math.Abs(_steps.First[i]) / first, root = Math.Sqrt(_steps.Second[i] / second);
            double most = _magnitudes.Second[i] / second * few, off = Math.Sqrt(most);
            if (root > 0)
                off = Math.Min(off, most / (2 * root));
            double below = Math.Max(root - off, 0) + ReferenceOptimiser.Epsilon, quotient = mean / (root + ReferenceOptimiser.Epsilon);
            return (((few * _magnitudes.First[i] / first) + (quotient * (off + (few * below)))) / below) + Lost;
        }

        private static ReferenceOptimiser Of(Optimiser optimiser, float rate) =>
            new(optimiser, rate, Shape.Momentum, Shape.Beta1, Shape.Beta2);

        private static double[] Values(ReferenceParameters model) => [.. model.W1, .. model.B1, .. model.W2, .. model.B2];

        private static ReferenceParameters Absolute(ReferenceParameters p)
        {
            double[] Of(double[] values) => Array.ConvertAll(values, Math.Abs);
            return new(Of(p.W1), Of(p.B1), Of(p.W2), Of(p.B2));
        }

        private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
    }
}
