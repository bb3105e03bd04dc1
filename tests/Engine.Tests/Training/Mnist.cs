using System.Runtime.InteropServices;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Training;

/// <summary>Trains cohorts on the embedded MNIST and compares what comes out.</summary>
internal static class Mnist
{
    private const int FewImages = 2500;

    private static readonly Lazy<Dataset> s_all = new(() => DatasetLoader.Load(null));

    private static readonly Lazy<Dataset> s_few = new(() => s_all.Value with
    {
        Pixels = s_all.Value.Pixels[..(FewImages * s_all.Value.Inputs)],
        Labels = s_all.Value.Labels[..FewImages],
    });

    public static Dataset All => s_all.Value;

    /// <summary>Some 400 training images a task: enough for questions of bits.</summary>
    public static Dataset Few => s_few.Value;

    /// <summary>Every analysis but embeddings, with every method and corruption of the study at a level or two.</summary>
    public static SweepSpec Spec { get; } = Presets.Paper.WithoutRates() with
    {
        Tasks = [new ClassTask(4, 9)],
        Seeds = [42],
        Epochs = [4],
        LearningRates = [0.03, 0.5],
        Sparsity = [0.0095, 0.5, 0.95],
        Corruptions = [.. Presets.Paper.Corruptions.GroupBy(corruption => corruption.Kind).Select(kind => kind.Last())],
        SimilarityImages = 1,
        Embedding = [],
    };

    public static IReadOnlyList<ModelResult> Train(
        Dataset data, SweepSpec spec, IReadOnlyList<ModelSpec> models, int threads = 2, KernelForm? form = null,
        Action<Cohort>? atTheEnd = null)
    {
        using var device = new CpuDevice(threads);
        Split split = Splitter.Create(data, spec.Tasks[0], spec.Seeds[0], spec.Variants().Single().Images);
        using var cohort = new Cohort(device, DeviceKernels.Create(device), data, split, models, spec.Variants().Single(), form);
        return AnalysisList.TrainAndAnalyse(
            cohort,
            spec,
            (epoch, _) =>
            {
                if (epoch == cohort.Variant.Epochs)
                    atTheEnd?.Invoke(cohort);
            },
            CancellationToken.None);
    }

    /// <summary>Every number of both, bit by bit: figures, history, weights, pruning.</summary>
    public static void AssertSameBits(ModelResult expected, ModelResult actual)
    {
        Assert.Equal(expected.Key, actual.Key);
        Assert.Equal(BitsOf(expected.Weights), BitsOf(actual.Weights));
        Assert.Equal(expected.History, actual.History);
        Assert.Equal(expected.Pruning, actual.Pruning);
        Assert.Equal(expected.Robustness, actual.Robustness);
        Assert.Equal(expected.Finetune, actual.Finetune);
        Assert.Equal(expected.Similarity, actual.Similarity);
        Assert.Equal(expected.State, actual.State);
        Assert.Equal(
            expected with { Rows = RowLists.None, Weights = s_none, State = [] },
            actual with { Rows = RowLists.None, Weights = s_none, State = [] });
    }

    public static void AssertSameBits(IEnumerable<ModelResult> expected, IEnumerable<ModelResult> actual) =>
        Assert.All(expected.Zip(actual), pair => AssertSameBits(pair.First, pair.Second));

    public static byte[] BitsOf(ModelParameters weights) =>
        MemoryMarshal.AsBytes<float>([.. weights.W1, .. weights.B1, .. weights.W2, .. weights.B2]).ToArray();

    private static readonly ModelParameters s_none = new([], [], [], [0]);
}
