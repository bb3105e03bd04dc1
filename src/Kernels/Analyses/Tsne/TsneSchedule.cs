using GpuMlp.Kernels.Launching;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// How an embedding is optimised. The standard is that of van der Maaten's code ("Accelerating t-SNE using tree-based
/// algorithms", JMLR 15, 2014: bhtsne): 1,000 steps, exaggeration 12 and momentum 0.5 for the first 250, then 1 and 0.8.
/// The rate is the one of Belkina et al. ("Automated optimized parameters for t-distributed stochastic neighbor embedding",
/// Nature Communications 10, 2019), N / exaggeration for a gradient without its factor 4, at least bhtsne's 200.
/// </summary>
/// <param name="Perplexity">About how many neighbours a point has; lowered to (N - 1) / 3 for few points.</param>
/// <param name="EarlySteps">Steps with exaggeration and the early momentum.</param>
/// <param name="LeastRate">For the whole gradient, factor 4 included.</param>
public sealed record TsneSchedule(
    double Perplexity, int Steps, int EarlySteps, float Exaggeration, float EarlyMomentum, float Momentum, float LeastRate)
{
    public static TsneSchedule Standard { get; } = new(30, 1000, 250, 12, 0.5f, 0.8f, 50);

    /// <summary>The perplexity that N points bear.</summary>
    public double PerplexityOf(int points) => Math.Min(Perplexity, (points - 1) / 3.0);

    public float RateOf(int points) => Math.Max(points / Exaggeration / 4, LeastRate);

    /// <summary>Embeds the points of a buffer whose places are set; leaves their places in it.</summary>
    /// <param name="buffer">At least five points: fewer bear no perplexity above 1.</param>
    /// <param name="cancel">Looked at between steps.</param>
    /// <param name="beforeStep">Called with the number of steps done; null to go without.</param>
    /// <returns>KL(P || Q) at the end, nats.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public double Run(DeviceKernels kernels, EmbeddingBuffer buffer, CancellationToken cancel, Action<int>? beforeStep = null)
    {
        kernels.Distances(buffer);
        kernels.Affinities(buffer, PerplexityOf(buffer.Points));
        kernels.Symmetrize(buffer);
        for (int step = 0; step < Steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            beforeStep?.Invoke(step);
            bool early = step < EarlySteps;
            kernels.Forces(buffer);
            kernels.Step(buffer, early ? Exaggeration : 1, early ? EarlyMomentum : Momentum, RateOf(buffer.Points));
        }
        return kernels.Divergence(buffer);
    }
}
