using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>Which weights go first. Biases always stay. One object each, in <see cref="All"/>.</summary>
public abstract class PruneMethod
{
    private protected PruneMethod(string name, string help) => (Name, Help) = (name, help);

    public static PruneMethod Layer { get; } = new PruneMethod<MagnitudeScore>("layer", "the smallest weights of each layer");

    public static PruneMethod Global { get; } = new PruneMethod<MagnitudeScore>("global", "of both together") { IsTogether = true };

    public static PruneMethod W1 { get; } = new PruneMethod<MagnitudeScore>("w1", "of W1 alone") { SparesW2 = true };

    /// <summary>As many of W1 and of w2 as <see cref="Layer"/> takes.</summary>
    public static PruneMethod Random { get; } = new PruneMethod<RandomScore>("random", "weights chosen at random");

    /// <summary>The weights of each layer that are nearest to where they began.</summary>
    public static PruneMethod Movement { get; } = new PruneMethod<MovementScore>("movement", "the least moved by training");

    /// <summary>Every method, as flags and help name them.</summary>
    public static IReadOnlyList<PruneMethod> All { get; } = [Layer, Global, W1, Random, Movement];

    /// <summary>In flags, files and tables.</summary>
    public string Name { get; }

    /// <summary>What goes first, as a part of a sentence that goes through <see cref="All"/>.</summary>
    public string Help { get; }

    /// <summary>W1 and w2 are ranked together; else each by itself.</summary>
    internal bool IsTogether { get; init; }

    /// <summary>No weight of w2 goes.</summary>
    internal bool SparesW2 { get; init; }

    /// <summary>Null for a name that is none.</summary>
    public static PruneMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);

    public override string ToString() => Name;

    /// <summary>How many weights of a model go, by <see cref="PruneRanks.Count(double, int, int)"/> of what is ranked together.</summary>
    /// <param name="w1">Weights of W1, D H.</param>
    /// <param name="w2">Those of w2.</param>
    /// <param name="share">0..1, of a round.</param>
    /// <param name="rounds">0 or more.</param>
    public PruneCounts CountsOf(int w1, int w2, double share, int rounds = 1)
    {
        int Of(int size) => PruneRanks.Count(share, size, rounds);
        return IsTogether ? new PruneCounts(Of(w1 + w2), Of(w1 + w2)) : new PruneCounts(Of(w1), SparesW2 ? 0 : Of(w2));
    }

    /// <summary>Ranks on a CPU.</summary>
    internal abstract void OnCpu(DeviceKernels kernels, PruneRankJob job);

    /// <summary>Likewise on a GPU.</summary>
    internal abstract void OnGpu(GpuDevice device, PruneRankJob job);
}

/// <summary>A method with the kernels of its score.</summary>
internal sealed class PruneMethod<TScore>(string name, string help) : PruneMethod(name, help)
    where TScore : struct, IPruneScore
{
    internal override void OnCpu(DeviceKernels kernels, PruneRankJob job) => kernels.Launch(new PruneRankCpu<TScore>
    {
        Cohort = job.Cohort.Cohort,
        Ranks = job.Ranks.Views,
        IsTogether = IsTogether ? 1 : 0,
    });

    internal override void OnGpu(GpuDevice device, PruneRankJob job)
    {
        PruneRankGpu<TScore> rank = PruneRankGpu<TScore>.Of(device, job, IsTogether);
        device.Launch(PruneRankGpu<TScore>.Kernel, PruneRankGpu<TScore>.Threads, rank.Cohort.SlotCount, rank);
    }
}
