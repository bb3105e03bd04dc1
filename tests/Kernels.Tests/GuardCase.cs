using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>An operation on buffers that lie between guards, beside the same operation on plain ones.</summary>
internal static class GuardCase
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
        new([5, 20], 19, 1100, 1100),
    ];

    // Of the compressed operations; the results of each have their own place.
    private static readonly double[] s_levels = [0, 0.5, 1];

    // What must have run before an operation means something; the chunk is the same.
    private static readonly KernelOperation[] s_chain =
        [KernelOperation.HiddenForward, KernelOperation.OutputForward, KernelOperation.OutputBackward, KernelOperation.HiddenBackward, KernelOperation.Update];

    /// <summary>All that take a cohort's buffers, and the initial weights; images to corrupt have buffers of their own, for points to embed see <see cref="TsneGuardCase"/>.</summary>
    public static bool Has(KernelOperation operation) => operation is not KernelOperation.Corrupt && !TsneCase.Has(operation);

    /// <summary>Fails when a kernel writes to the guards, or when what lies in them comes into its results.</summary>
    public static void Run(CohortKernels kernels, KernelOperation operation, KernelForm form)
    {
        if (operation == KernelOperation.Initialize)
        {
            InitializeInGuards(kernels.Device);
            return;
        }
        foreach (Shape shape in s_shapes)
        {
            foreach (int mode in Modes(operation))
                RunInGuards(kernels, operation, form, shape, mode);
        }
    }

    // A mask belongs to the cohort; what is launched is the same.
    private static KernelOperation Unmasked(KernelOperation operation) => operation switch
    {
        KernelOperation.MaskedForward => KernelOperation.HiddenForward,
        KernelOperation.MaskedBackward => KernelOperation.HiddenBackward,
        KernelOperation.MaskedUpdate => KernelOperation.Update,
        KernelOperation.MaskedTrainEpoch => KernelOperation.TrainEpoch,
        _ => operation,
    };

    // Of one level, and what comes before the gradient is dense.
    private static bool IsOfOneLevel(KernelOperation operation) => operation is KernelOperation.SparseBackward or KernelOperation.SparseSaliency;

    private static bool HasMaps(KernelOperation operation) => operation is KernelOperation.Saliency or KernelOperation.SparseSaliency;

    private static int[] Modes(KernelOperation operation) => operation switch
    {
        KernelOperation.OutputForward => [0, 1],
        KernelOperation.PruneRank or KernelOperation.Prune => [.. Enum.GetValues<PruneMethod>().Select(method => (int)method)],
        KernelOperation.Compress => [CompressOperation.CountPass, CompressOperation.FillPass],
        KernelOperation.Saliency => [.. Enum.GetValues<SaliencyMethod>().Select(method => (int)method)],
        KernelOperation.SparseSaliency => [(int)SaliencyMethod.LogitGradient, (int)SaliencyMethod.ProbabilityGradient],
        _ => [0],
    };

    private static void RunInGuards(CohortKernels kernels, KernelOperation operation, KernelForm form, Shape shape, int mode)
    {
        ComputeDevice device = kernels.Device;
        ColumnLayout layout = ColumnLayout.Create(shape.Hidden, shape.Inputs, device.LayoutWays);
        bool isMasked = Unmasked(operation) != operation, isGradient = operation == KernelOperation.SparseBackward;
        if (isGradient)
            shape = shape with { Batch = PixelTiles.Tiles(shape.Batch) * PixelTiles.TileImages };
        using var cohort = new DeviceCohort(device, layout, Samples.Rates(shape.Hidden.Length), isMasked);
        using var images = new DeviceImages(device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: isGradient || form != KernelForm.WeightSparse);
        using var values = device.Zeroed<float>(isGradient
            ? shape.Inputs * layout.Columns
            : (long)shape.Hidden.Length * shape.Images * (HasMaps(operation) ? shape.Inputs : s_levels.Length));
        using var active = device.Zeroed<int>(HasMaps(operation) ? 1 : s_levels.Length * layout.PaddedColumns);
        cohort.Upload(shape.Models);
        if (isMasked)
            cohort.SetMask(shape.Masks);

        // The last chunk: the one that ends with the images.
        int chunk = images.Chunks - 1;
        using DeviceImages? dense = isGradient
            ? new DeviceImages(device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.Dense, withBackward: true)
            : null;
        for (int step = 0; step < Array.IndexOf(s_chain, isGradient ? KernelOperation.HiddenBackward : Unmasked(operation)); step++)
            kernels.Start(s_chain[step], kernels.Arguments(cohort, dense ?? images, chunk, mode: 1), dense ?? images);

        using var target = new DeviceCohort(device, layout, Samples.Rates(shape.Hidden.Length));
        using var ranks = new PruneRanks(device, layout, new ulong[shape.Hidden.Length], seed: 1);
        using var sparse = new SparseCohort(device, layout, IsOfOneLevel(operation) ? 1 : s_levels.Length);
        using var gradient = new SparseGradient(device);
        BlockArguments plain = IsOfOneLevel(operation) ? OneLevelArguments(kernels, cohort, images, chunk, ranks, sparse, gradient, mode)
            : operation is KernelOperation.Compress or KernelOperation.SparseEvaluate ? SparseArguments(kernels, cohort, images, ranks, sparse, operation, mode)
            : kernels.Arguments(cohort, images, chunk, mode);

        // What an evaluation before has left; this one must clear it, and nothing beside it.
        if (operation == KernelOperation.SparseEvaluate)
            device.Write(active.View, [.. Enumerable.Repeat(7, (int)active.Length)]);
        plain.Output = new OutputViews { Values = values.View, Active = active.View, Sums = plain.Output.Sums };
        if (operation is KernelOperation.PruneRank or KernelOperation.Prune)
            plain.Prune = PruneViews(kernels, cohort, target, ranks, operation, (PruneMethod)mode);
        using var guards = new Guarded(device);
        BlockArguments guarded = guards.Copy(plain);
        kernels.Start(Unmasked(operation), plain, images);
        kernels.Start(Unmasked(operation), guarded, images);

        string name = $"{operation}/{form}/{device.Kind}/{kernels.Width} on {shape}";
        guards.CheckGuards(name);
        CompareBits(device, name, plain, guarded);
        if (operation == KernelOperation.SparseEvaluate)
            Assert.All(device.Download(guarded.Output.Active), flag => Assert.InRange(flag, 0, 1));
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

    private static BlockArguments OneLevelArguments(
        CohortKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk, PruneRanks ranks, SparseCohort sparse, SparseGradient gradient, int mode)
    {
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        kernels.Compress(cohort, ranks, [0.5], sparse);
        if (images.HasBackward)
            return kernels.BackwardArguments(sparse, cohort, images, chunk, gradient);
        BlockArguments arguments = kernels.EvaluateArguments(sparse, images);
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

    private static void InitializeInGuards(ComputeDevice device)
    {
        var kernel = device.Accelerator.LoadImplicitlyGroupedKernel<Index1D, ArrayView<int>, ArrayView<float>, uint, uint, uint, float>(
            InitializeKernel.Kernel, device.ElementGroup);
        using var table = device.Upload(GaussianTable.Create());
        foreach (int count in new[] { 1, 2, 3, 4, 5, 7, 1001 })
        {
            using var output = device.Zeroed<float>(count);
            using var guards = new Guarded(device);
            ArrayView<float> guarded = guards.Copy((ArrayView<float>)output.View, "weights");
            ArrayView<int> guardedTable = guards.Copy((ArrayView<int>)table.View, "table");
            kernel(device.Stream, (count + 3) / 4, table.View, output.View, 1, 2, 3, 1f);
            kernel(device.Stream, (count + 3) / 4, guardedTable, guarded, 1, 2, 3, 1f);
            guards.CheckGuards($"Initialize of {count} weights");
            CompareBits(device, $"{count} weights", (ArrayView<float>)output.View, guarded);
        }
    }

    private static void CompareBits(ComputeDevice device, string name, in BlockArguments expected, in BlockArguments actual)
    {
        CompareBits(device, $"{name}: W1", expected.Cohort.W1, actual.Cohort.W1);
        CompareBits(device, $"{name}: b1", expected.Cohort.B1, actual.Cohort.B1);
        CompareBits(device, $"{name}: w2", expected.Cohort.W2, actual.Cohort.W2);
        CompareBits(device, $"{name}: b2", expected.Cohort.B2, actual.Cohort.B2);
        CompareBits(device, $"{name}: activations", expected.Scratch.Activations, actual.Scratch.Activations);
        CompareBits(device, $"{name}: logits", expected.Scratch.Logits, actual.Scratch.Logits);
        CompareBits(device, $"{name}: dW1", expected.Scratch.GradW1, actual.Scratch.GradW1);
        CompareBits(device, $"{name}: db1", expected.Scratch.GradB1, actual.Scratch.GradB1);
        CompareBits(device, $"{name}: dw2", expected.Scratch.GradW2, actual.Scratch.GradW2);
        CompareBits(device, $"{name}: db2", expected.Scratch.GradB2, actual.Scratch.GradB2);
        CompareBits(device, $"{name}: values", expected.Output.Values, actual.Output.Values);
        CompareSparse(device, name, expected.Sparse, actual.Sparse);
        if (expected.Prune.Target.W1.IsValid)
        {
            Assert.Equal(Contents(device, expected.Prune.RanksW1), Contents(device, actual.Prune.RanksW1));
            Assert.Equal(Contents(device, expected.Prune.RanksW2), Contents(device, actual.Prune.RanksW2));
            CompareBits(device, $"{name}: target W1", expected.Prune.Target.W1, actual.Prune.Target.W1);
            CompareBits(device, $"{name}: target b1", expected.Prune.Target.B1, actual.Prune.Target.B1);
            CompareBits(device, $"{name}: target w2", expected.Prune.Target.W2, actual.Prune.Target.W2);
            CompareBits(device, $"{name}: target b2", expected.Prune.Target.B2, actual.Prune.Target.B2);
        }
        Assert.Equal(Contents(device, expected.Scratch.GradSums), Contents(device, actual.Scratch.GradSums));
        Assert.Equal(Contents(device, expected.Scratch.DeltaSums), Contents(device, actual.Scratch.DeltaSums));
        Assert.Equal(Contents(device, expected.Scratch.Failed), Contents(device, actual.Scratch.Failed));
        Assert.Equal(Contents(device, expected.Scratch.Loss), Contents(device, actual.Scratch.Loss));
        Assert.Equal(Contents(device, expected.Scratch.Counts), Contents(device, actual.Scratch.Counts));
        Assert.Equal(Contents(device, expected.Output.Active), Contents(device, actual.Output.Active));
    }

    private static void CompareSparse(ComputeDevice device, string name, in SparseViews expected, in SparseViews actual)
    {
        Assert.Equal(Contents(device, expected.Counts), Contents(device, actual.Counts));
        Assert.Equal(Contents(device, expected.Index), Contents(device, actual.Index));
        CompareBits(device, $"{name}: entries", expected.Value, actual.Value);
        CompareBits(device, $"{name}: compressed b1", expected.B1, actual.B1);
        CompareBits(device, $"{name}: compressed w2", expected.W2, actual.W2);
        CompareBits(device, $"{name}: compressed b2", expected.B2, actual.B2);
    }

    private static void CompareBits(ComputeDevice device, string name, ArrayView<float> expected, ArrayView<float> actual) =>
        Check.SameBits(name, Contents(device, expected), Contents(device, actual));

    // What an operation does not use is unset.
    private static T[] Contents<T>(ComputeDevice device, ArrayView<T> view)
        where T : unmanaged => view.IsValid ? device.Download(view) : [];
}
