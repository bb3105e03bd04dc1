using GpuMlp.Kernels.Compress;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Evaluate;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.HiddenForward;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Initialize;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.OutputBackward;
using GpuMlp.Kernels.OutputForward;
using GpuMlp.Kernels.Prune;
using GpuMlp.Kernels.Saliency;
using GpuMlp.Kernels.Simd;
using GpuMlp.Kernels.SparseEvaluate;
using GpuMlp.Kernels.TrainEpoch;
using GpuMlp.Kernels.Update;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class GuardTests : IDisposable
{
    // Strides of exactly 16 and of an odd width, one image more or fewer than a vector, a band and a chunk, one input.
    private static readonly Shape[] s_shapes =
    [
        new([16], 1, 1, 1),
        new([1, 2], 7, 15, 15),
        new([17, 3, 12], 17, 17, 5),
        new([33, 100, 11, 16, 5], 65, 65, 65),
        new([7, 9, 16, 31], 9, 257, 257),
        new([40, 129, 1], 31, 256, 1000),
    ];

    private static readonly Dictionary<KernelOperation, Action<CpuDevice, BlockArguments>> s_launchers = new()
    {
        [KernelOperation.HiddenForward] = Launch<HiddenForwardOperation>,
        [KernelOperation.OutputForward] = Launch<OutputForwardOperation>,
        [KernelOperation.OutputBackward] = Launch<OutputBackwardOperation>,
        [KernelOperation.HiddenBackward] = Launch<HiddenBackwardOperation>,
        [KernelOperation.Update] = Launch<UpdateOperation>,
        [KernelOperation.TrainEpoch] = Launch<TrainEpochOperation>,
        [KernelOperation.Evaluate] = Launch<EvaluateOperation>,
        [KernelOperation.Saliency] = Launch<SaliencyOperation>,
        [KernelOperation.PruneRank] = Launch<PruneRankOperation>,
        [KernelOperation.Prune] = Launch<PruneOperation>,
        [KernelOperation.Compress] = Launch<CompressOperation>,
        [KernelOperation.SparseEvaluate] = Launch<SparseEvaluateOperation>,
        [KernelOperation.MaskedForward] = Launch<HiddenForwardOperation>,
        [KernelOperation.MaskedBackward] = Launch<HiddenBackwardOperation>,
        [KernelOperation.MaskedUpdate] = Launch<UpdateOperation>,
        [KernelOperation.MaskedTrainEpoch] = Launch<TrainEpochOperation>,
    };

    // Of the compressed operations; the results of each have their own place.
    private static readonly double[] s_levels = [0, 0.5, 1];

    // What must have run before an operation means something; the chunk is the same.
    private static readonly KernelOperation[] s_chain =
        [KernelOperation.HiddenForward, KernelOperation.OutputForward, KernelOperation.OutputBackward, KernelOperation.HiddenBackward, KernelOperation.Update];

    private readonly CpuDevice _device = new(threads: 2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(KernelVariantTests.Supported), MemberType = typeof(KernelVariantTests))]
    public void A_kernel_neither_writes_nor_reads_outside_its_buffers(KernelOperation operation, KernelForm form, SimdWidth width)
    {
        if (operation == KernelOperation.Initialize)
        {
            InitializeInGuards();
            return;
        }
        foreach (Shape shape in s_shapes)
        {
            foreach (int mode in Modes(operation))
                RunInGuards(operation, form, width, shape, mode);
        }
    }

    private static void Launch<TOperation>(CpuDevice device, BlockArguments arguments)
        where TOperation : struct, IBlockOperation => new BlockKernel<TOperation>(device).Launch(arguments);

    private static int[] Modes(KernelOperation operation) => operation switch
    {
        KernelOperation.OutputForward => [0, 1],
        KernelOperation.PruneRank or KernelOperation.Prune => [.. Enum.GetValues<PruneMethod>().Select(method => (int)method)],
        KernelOperation.Compress => [CompressOperation.CountPass, CompressOperation.FillPass],
        KernelOperation.Saliency => [.. Enum.GetValues<SaliencyMethod>().Select(method => (int)method)],
        _ => [0],
    };

    private void RunInGuards(KernelOperation operation, KernelForm form, SimdWidth width, Shape shape, int mode)
    {
        var kernels = CohortKernels.Create(_device, width);
        ColumnLayout layout = ColumnLayout.Create(shape.Hidden, shape.Inputs, _device.Threads);
        bool isMasked = operation is KernelOperation.MaskedForward or KernelOperation.MaskedBackward or KernelOperation.MaskedUpdate or KernelOperation.MaskedTrainEpoch;
        using var cohort = new DeviceCohort(_device, layout, Samples.Rates(shape.Hidden.Length), isMasked);
        using var images = new DeviceImages(_device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: form != KernelForm.WeightSparse);
        using var values = _device.Accelerator.Allocate1D<float>((long)shape.Hidden.Length * shape.Images * (operation == KernelOperation.Saliency ? shape.Inputs : s_levels.Length));
        using var active = _device.Accelerator.Allocate1D<int>(operation == KernelOperation.Saliency ? 1 : s_levels.Length * layout.PaddedColumns);
        values.MemSetToZero();
        active.MemSetToZero();
        cohort.Upload(shape.Models);
        if (isMasked)
            cohort.SetMask(shape.Masks);

        // The last chunk: the one that ends with the images.
        int chunk = images.Chunks - 1;
        for (int step = 0; step < Array.IndexOf(s_chain, operation); step++)
            s_launchers[s_chain[step]](_device, kernels.Arguments(cohort, images, chunk, mode: 1));

        using var target = new DeviceCohort(_device, layout, Samples.Rates(shape.Hidden.Length));
        using var ranks = new PruneRanks(_device, layout, new ulong[shape.Hidden.Length], seed: 1);
        using var sparse = new SparseCohort(_device, layout, s_levels.Length);
        BlockArguments plain = operation is KernelOperation.Compress or KernelOperation.SparseEvaluate
            ? SparseArguments(kernels, cohort, images, ranks, sparse, operation, mode)
            : kernels.Arguments(cohort, images, chunk, mode);
        plain.Output = new OutputViews { Values = values.View, Active = active.View };
        if (operation is KernelOperation.PruneRank or KernelOperation.Prune)
            plain.Prune = PruneViews(kernels, cohort, target, ranks, operation, (PruneMethod)mode);
        using var guards = new Guarded(_device.Accelerator);
        BlockArguments guarded = guards.Copy(plain);
        s_launchers[operation](_device, plain);
        s_launchers[operation](_device, guarded);

        string name = $"{operation}/{form}/{width} on {shape}";
        guards.CheckGuards(name);
        CompareBits(name, plain, guarded);
    }

    private static BlockArguments SparseArguments(
        CohortKernels kernels, DeviceCohort cohort, DeviceImages images, PruneRanks ranks, SparseCohort sparse, KernelOperation operation, int mode)
    {
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        kernels.Compress(cohort, ranks, s_levels, sparse);
        if (operation == KernelOperation.SparseEvaluate)
            return kernels.EvaluateArguments(sparse, images);
        BlockArguments arguments = kernels.CompressArguments(cohort, ranks, sparse);
        arguments.Mode = mode;
        return arguments;
    }

    private static PruneViews PruneViews(
        CohortKernels kernels, DeviceCohort cohort, DeviceCohort target, PruneRanks ranks, KernelOperation operation, PruneMethod method)
    {
        if (operation == KernelOperation.Prune)
        {
            kernels.PruneRank(cohort, ranks, method);
            kernels.Prune(cohort, ranks, 0.5, target);
        }
        return kernels.PruneArguments(cohort, ranks, target, method).Prune;
    }

    private void InitializeInGuards()
    {
        var kernel = _device.Accelerator.LoadImplicitlyGroupedKernel<Index1D, ArrayView<int>, ArrayView<float>, uint, uint, uint, float>(
            InitializeKernel.Kernel, 1);
        using var table = _device.Accelerator.Allocate1D(GaussianTable.Create());
        foreach (int count in new[] { 1, 2, 3, 4, 5, 7, 1001 })
        {
            using var output = _device.Accelerator.Allocate1D<float>(count);
            output.MemSetToZero();
            using var guards = new Guarded(_device.Accelerator);
            ArrayView<float> guarded = guards.Copy((ArrayView<float>)output.View, "weights");
            ArrayView<int> guardedTable = guards.Copy((ArrayView<int>)table.View, "table");
            kernel(_device.Accelerator.DefaultStream, (count + 3) / 4, table.View, output.View, 1, 2, 3, 1f);
            kernel(_device.Accelerator.DefaultStream, (count + 3) / 4, guardedTable, guarded, 1, 2, 3, 1f);
            guards.CheckGuards($"Initialize of {count} weights");
            CompareBits($"{count} weights", (ArrayView<float>)output.View, guarded);
        }
    }

    private static void CompareBits(string name, in BlockArguments expected, in BlockArguments actual)
    {
        CompareBits($"{name}: W1", expected.Cohort.W1, actual.Cohort.W1);
        CompareBits($"{name}: b1", expected.Cohort.B1, actual.Cohort.B1);
        CompareBits($"{name}: w2", expected.Cohort.W2, actual.Cohort.W2);
        CompareBits($"{name}: b2", expected.Cohort.B2, actual.Cohort.B2);
        CompareBits($"{name}: activations", expected.Scratch.Activations, actual.Scratch.Activations);
        CompareBits($"{name}: logits", expected.Scratch.Logits, actual.Scratch.Logits);
        CompareBits($"{name}: dW1", expected.Scratch.GradW1, actual.Scratch.GradW1);
        CompareBits($"{name}: db1", expected.Scratch.GradB1, actual.Scratch.GradB1);
        CompareBits($"{name}: dw2", expected.Scratch.GradW2, actual.Scratch.GradW2);
        CompareBits($"{name}: db2", expected.Scratch.GradB2, actual.Scratch.GradB2);
        CompareBits($"{name}: values", expected.Output.Values, actual.Output.Values);
        CompareSparse(name, expected.Sparse, actual.Sparse);
        if (expected.Prune.Target.W1.IsValid)
        {
            Assert.Equal(ToArray(expected.Prune.RanksW1), ToArray(actual.Prune.RanksW1));
            Assert.Equal(ToArray(expected.Prune.RanksW2), ToArray(actual.Prune.RanksW2));
            CompareBits($"{name}: target W1", expected.Prune.Target.W1, actual.Prune.Target.W1);
            CompareBits($"{name}: target b1", expected.Prune.Target.B1, actual.Prune.Target.B1);
            CompareBits($"{name}: target w2", expected.Prune.Target.W2, actual.Prune.Target.W2);
            CompareBits($"{name}: target b2", expected.Prune.Target.B2, actual.Prune.Target.B2);
        }
        Assert.Equal(ToArray(expected.Scratch.Loss), ToArray(actual.Scratch.Loss));
        Assert.Equal(ToArray(expected.Scratch.Counts), ToArray(actual.Scratch.Counts));
        Assert.Equal(ToArray(expected.Output.Active), ToArray(actual.Output.Active));
    }

    private static void CompareSparse(string name, in SparseViews expected, in SparseViews actual)
    {
        Assert.Equal(ToArray(expected.Counts), ToArray(actual.Counts));
        Assert.Equal(ToArray(expected.Index), ToArray(actual.Index));
        CompareBits($"{name}: entries", expected.Value, actual.Value);
        CompareBits($"{name}: compressed b1", expected.B1, actual.B1);
        CompareBits($"{name}: compressed w2", expected.W2, actual.W2);
        CompareBits($"{name}: compressed b2", expected.B2, actual.B2);
    }

    private static void CompareBits(string name, ArrayView<float> expected, ArrayView<float> actual) =>
        Check.SameBits(name, ToArray(expected), ToArray(actual));

    private static T[] ToArray<T>(ArrayView<T> view)
        where T : unmanaged
    {
        if (!view.IsValid)
            return [];
        var values = new T[view.Length];
        view.CopyToCPU(values);
        return values;
    }
}
