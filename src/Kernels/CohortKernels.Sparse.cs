using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels;

/// <summary>Operations on compressed weights.</summary>
public abstract partial class CohortKernels
{
    /// <summary>Compresses the weights of all models as they are: zeros are left out.</summary>
    /// <param name="target">Of the same layout, for one level.</param>
    /// <exception cref="ArgumentException">Another layout, or more than one level.</exception>
    public void Compress(DeviceCohort cohort, SparseCohort target)
    {
        if (target.Levels != 1)
            throw new ArgumentException($"room for {target.Levels} levels, where one is compressed", nameof(target));
        target.KeepAll();
        Compress(CompressArguments(cohort, null, target), target);
    }

    /// <summary>Compresses the weights of all models at several levels of pruning, without a pruned copy of the cohort.</summary>
    /// <param name="cohort">Not changed.</param>
    /// <param name="ranks">Made of this cohort by <see cref="PruneRank"/>.</param>
    /// <param name="levels">0..1 each; as many as the target has.</param>
    /// <param name="target">Of the same layout.</param>
    /// <exception cref="ArgumentException">Another layout or number of levels, or nothing ranked yet.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A level outside 0..1.</exception>
    public void Compress(DeviceCohort cohort, PruneRanks ranks, IReadOnlyList<double> levels, SparseCohort target)
    {
        Compress(LevelArguments(cohort, ranks, levels, target), target);
    }

    /// <summary>What pruning would leave of each model, [level][model in the caller's order], without entries and without a pruned copy.</summary>
    /// <param name="target">Room to work in; holds nothing that can be evaluated afterwards.</param>
    /// <inheritdoc cref="Compress(DeviceCohort, PruneRanks, IReadOnlyList{double}, SparseCohort)" path="/exception"/>
    public WeightCounts[][] CountWeights(DeviceCohort cohort, PruneRanks ranks, IReadOnlyList<double> levels, SparseCohort target)
    {
        Launch(KernelOperation.Compress, LevelArguments(cohort, ranks, levels, target), images: null);
        target.Place(withEntries: false);
        return target.Count();
    }

    /// <summary>Logits and active units of each model at each level, [level][model in the caller's order].</summary>
    /// <exception cref="ArgumentException">Images of another size, or in another form than <see cref="KernelForm.WeightSparse"/>.</exception>
    public ModelEvaluation[][] Evaluate(SparseCohort cohort, DeviceImages images)
    {
        using var buffer = new EvaluationBuffer(Device, cohort.Layout, images.Images, cohort.Levels);
        Evaluate(cohort, images, buffer);
        return buffer.DownloadLevels();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">As above, or the buffer does not fit.</exception>
    public void Evaluate(SparseCohort cohort, DeviceImages images, EvaluationBuffer buffer)
    {
        BlockArguments arguments = EvaluateArguments(cohort, images);
        arguments.Output = buffer.ViewsFor(cohort.Layout, images.Images, cohort.Levels);
        Launch(KernelOperation.SparseEvaluate, arguments, images);
    }

    /// <summary>Adds one chunk to dW1 at the weights that are kept, from gate q as <see cref="OutputBackward"/> leaves it; the last chunk of a batch completes it.</summary>
    /// <param name="weights">One level; the weights themselves are not looked at, only where they are.</param>
    /// <param name="cohort">Of the same layout; holds gate q. Its own dW1 is not touched.</param>
    /// <param name="images">Made with their backward form, and of the same schedule as those that gate q was computed for.</param>
    /// <param name="chunk">All of a batch, in order.</param>
    /// <exception cref="ArgumentException">Another layout, more than one level, nothing compressed yet, or images in another form or size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public void HiddenBackward(SparseCohort weights, DeviceCohort cohort, DeviceImages images, int chunk, SparseGradient gradient) =>
        Launch(KernelOperation.SparseBackward, BackwardArguments(weights, cohort, images, chunk, gradient), images);

    internal BlockArguments BackwardArguments(SparseCohort weights, DeviceCohort cohort, DeviceImages images, int chunk, SparseGradient gradient)
    {
        BlockArguments arguments = EvaluateArguments(OfOneLevel(weights), Trainable(images));
        if (!weights.Layout.IsSameAs(cohort.Layout))
            throw new ArgumentException("compressed weights of another layout", nameof(weights));
        ArgumentOutOfRangeException.ThrowIfNegative(chunk);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chunk, images.Chunks);
        arguments.Cohort = cohort.Cohort;
        arguments.Scratch = cohort.Scratch;
        arguments.Output.Values = gradient.ViewFor(weights);
        arguments.Output.Sums = gradient.SumsFor(weights);
        arguments.Chunk = chunk;
        arguments.Items = 0;
        return arguments;
    }

    /// <summary>Saliency maps [N, D] of each model over compressed weights, in the caller's order of models.</summary>
    /// <param name="weights">One level.</param>
    /// <param name="method">A plain gradient, of the logit or of the probability: the others look at weights that are not there.</param>
    /// <exception cref="ArgumentException">Another method, more than one level, nothing compressed yet, or images in another form or size.</exception>
    public ReadOnlyMemory<float>[] Saliency(SparseCohort weights, DeviceImages images, SaliencyMethod method)
    {
        using var buffer = new SaliencyBuffer(Device, weights.Layout, images.Images);
        Saliency(weights, images, method, buffer);
        return buffer.Download();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">As above, or the buffer does not fit.</exception>
    public void Saliency(SparseCohort weights, DeviceImages images, SaliencyMethod method, SaliencyBuffer buffer)
    {
        if (method is not (SaliencyMethod.LogitGradient or SaliencyMethod.ProbabilityGradient))
            throw new ArgumentException($"{method} over compressed weights; {SaliencyMethod.LogitGradient} and {SaliencyMethod.ProbabilityGradient} are right", nameof(method));
        BlockArguments arguments = EvaluateArguments(OfOneLevel(weights), images);
        arguments.Output = buffer.ViewsFor(weights.Layout, images.Images);
        arguments.Mode = (int)method;
        arguments.Items = checked(PixelTiles.Tiles(images.Images) * weights.Layout.Blocks.Count);
        Launch(KernelOperation.SparseSaliency, arguments, images);
    }

    internal BlockArguments CompressArguments(DeviceCohort cohort, PruneRanks? ranks, SparseCohort target)
    {
        if (!target.Layout.IsSameAs(cohort.Layout))
            throw new ArgumentException("a target of another layout", nameof(target));
        if (ranks is not null && !ranks.Layout.IsSameAs(cohort.Layout))
            throw new ArgumentException("ranks of another layout", nameof(ranks));
        return new BlockArguments
        {
            Cohort = cohort.Cohort,
            Scratch = cohort.Scratch,
            Prune = ranks?.Views ?? default,
            Sparse = target.Views,
            Width = (int)Width,
            Mode = CompressOperation.CountPass,
            Items = cohort.Layout.Blocks.Count * target.Levels,
        };
    }

    internal BlockArguments EvaluateArguments(SparseCohort cohort, DeviceImages images)
    {
        if (images.Inputs != cohort.Layout.Inputs)
            throw new ArgumentException($"images of {images.Inputs} pixels for models of {cohort.Layout.Inputs} inputs", nameof(images));
        if (images.Form != KernelForm.WeightSparse)
            throw new ArgumentException($"images in the form {images.Form}, where {KernelForm.WeightSparse} is right", nameof(images));
        if (!cohort.HasEntries)
            throw new ArgumentException("nothing has been compressed yet", nameof(cohort));
        (int items, int itemTiles, int itemPlaces) = SparseEvaluateOperation.Cut(
            PixelTiles.Tiles(images.Images), cohort.Levels * cohort.Layout.Blocks.Count, cohort.NonZeros, Device.LayoutWays);
        return new BlockArguments
        {
            Cohort = cohort.Shape,
            Images = images.Views,
            Sparse = cohort.Views,
            Form = (int)images.Form,
            Width = (int)Width,
            Items = items,
            ItemTiles = itemTiles,
            ItemPlaces = itemPlaces,
        };
    }

    private BlockArguments LevelArguments(DeviceCohort cohort, PruneRanks ranks, IReadOnlyList<double> levels, SparseCohort target)
    {
        if (levels.Count != target.Levels)
            throw new ArgumentException($"{levels.Count} levels for {target.Levels}", nameof(levels));
        foreach (double level in levels)
            CheckLevel(level);
        PruneMethod method = ranks.Method ?? throw new ArgumentException("nothing has been ranked yet", nameof(ranks));
        BlockArguments arguments = CompressArguments(cohort, ranks, target);
        target.SetLevels(method, levels);
        return arguments;
    }

    private void Compress(BlockArguments arguments, SparseCohort target)
    {
        Launch(KernelOperation.Compress, arguments, images: null);
        target.Place(withEntries: true);
        arguments.Mode = CompressOperation.FillPass;
        arguments.Sparse = target.Views;
        Launch(KernelOperation.Compress, arguments, images: null);
    }

    private static SparseCohort OfOneLevel(SparseCohort weights) => weights.Levels == 1
        ? weights
        : throw new ArgumentException($"{weights.Levels} levels, where one is right", nameof(weights));

    private static void CheckLevel(double sparsity)
    {
        if (!(sparsity is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "0..1 is right");
    }
}
