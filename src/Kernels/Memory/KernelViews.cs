using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Memory;

/// <summary>Parameters and shape of a cohort on the device. Columns are laid out as <see cref="ColumnLayout"/> says.</summary>
public struct CohortViews
{
    /// <summary>[D, stride] block after block.</summary>
    public ArrayView<float> W1;

    /// <summary>One value a padded column.</summary>
    public ArrayView<float> B1, ColumnRates;

    /// <summary>[O, padded columns].</summary>
    public ArrayView<float> W2;

    /// <summary>[slot, O].</summary>
    public ArrayView<float> B2;

    /// <summary>One value a slot.</summary>
    public ArrayView<float> SlotRates;

    /// <summary>Four ints a block: first column, stride, first slot, slots.</summary>
    public ArrayView<int> Blocks;

    /// <summary>Two ints a slot: column, hidden.</summary>
    public ArrayView<int> Slots;

    /// <summary>
    /// Four ints a vector of sixteen columns, gaps left out: first column and stride of its block, its own first column, unused.
    /// </summary>
    public ArrayView<int> Vectors;

    /// <summary>Two ints a slot: first column and stride of its block.</summary>
    public ArrayView<int> SlotBlocks;

    /// <summary>One a padded column: its slot, -1 for padding.</summary>
    public ArrayView<int> ColumnSlots;

    /// <summary>Four ints a column, padding left out: see <see cref="ColumnLayout.UnitTable"/>.</summary>
    public ArrayView<int> Units;

    /// <summary>D.</summary>
    public int Inputs;

    /// <summary>O: 1 for one logit, else one a class.</summary>
    public int Outputs;

    /// <summary>Times a weight, added to its gradient by the update; W1 and w2 only, 0 for none.</summary>
    public float WeightDecay;

    /// <summary>As W1 and w2, above 0 where a weight is kept; one unused value each without a mask.</summary>
    public ArrayView<float> MaskW1, MaskW2;

    /// <summary>1 for a cohort with a mask.</summary>
    public int HasMask;

    /// <summary>How models learn.</summary>
    public LearningViews Learning;

    /// <summary>M.</summary>
    public readonly int SlotCount => Slots.IntLength / 2;

    public readonly int BlockCount => Blocks.IntLength / 4;

    /// <summary>Vectors of sixteen columns, gaps left out.</summary>
    public readonly int VectorCount => Vectors.IntLength / ColumnLayout.VectorFields;
}

/// <summary>How the models of a cohort learn besides their rates; see <see cref="ModelLearning"/>.</summary>
public struct LearningViews
{
    /// <summary>
    /// One a padded column: what its gradients are multiplied by, W / (1 - p) of its model, 0 for padding. Those of b2, one a slot: W.
    /// </summary>
    public ArrayView<float> ColumnFactors, SlotFactors;

    /// <summary>[slot, K], K = 2 with one logit: what an image of a class counts, at most 1: its weight over W.</summary>
    public ArrayView<float> ClassScales;

    /// <summary>One a slot: 1 / (1 - p), which the units that are kept are multiplied by.</summary>
    public ArrayView<float> DropoutScales;

    /// <summary>One a slot: a unit whose random word is below it is dropped; 0 drops none.</summary>
    public ArrayView<uint> Thresholds;

    /// <summary>Two words a slot, high word first: the model's identity, to which its draws belong.</summary>
    public ArrayView<uint> Identities;

    /// <summary>The run's.</summary>
    public uint Seed;

    /// <summary>1 where any model drops units.</summary>
    public int Drops;

    /// <summary>K.</summary>
    public int Classes;

    /// <summary>What an image of a class counts.</summary>
    internal readonly float ClassScale(int slot, float label) => ClassScales[(slot * Classes) + (int)label];

    /// <summary>Z of a unit in a step of training: 0 where it is dropped.</summary>
    /// <param name="image">Its number in the data.</param>
    internal readonly float Dropped(float z, int slot, int unit, uint image, int epoch)
    {
        uint threshold = Thresholds[slot];
        if (threshold == 0)
            return z;
        PhiloxBlock bits = DropoutDraw.Of(image, epoch, unit / 4, Identities[2 * slot], Identities[(2 * slot) + 1], Seed);
        return DropoutDraw.Word(bits, unit) < threshold ? 0f : z * DropoutScales[slot];
    }
}

/// <summary>Images of one split in the forms that the kernels want; see <see cref="DeviceImages"/>.</summary>
public struct ImageViews
{
    /// <summary>Six ints a chunk.</summary>
    public ArrayView<int> Chunks;

    /// <summary>Pixels in rows of 128 images at <see cref="TileRows"/>; only for the weight-sparse form on a CPU.</summary>
    public ArrayView<double> Tiles;

    /// <summary>Row-major [N, D + 1 rounded up to 16]: pixels, the constant pixel, zeros; only on a GPU, else one unused value.</summary>
    public ArrayView<byte> Bytes;

    /// <summary>[tile, D], see <see cref="PixelTiles"/>; only for the weight-sparse form.</summary>
    public ArrayView<int> TileRows;

    /// <summary>What exact products take on a CPU; unset on a GPU and for the weight-sparse form.</summary>
    public PairViews Pairs;

    /// <summary>Rows of 128 images at <see cref="TileRows"/>; only for the weight-sparse form on a GPU.</summary>
    public ArrayView<byte> TileBytes;

    /// <summary>
    /// The pixels of each image, and of each pixel chunk by chunk, that are not 0; only on a GPU, for the input-sparse form and for small
    /// batches. See <see cref="PixelLists"/>.
    /// </summary>
    public ArrayView<int> ImageStarts, PixelStarts;

    public ArrayView<ushort> ImageIndex, PixelIndex;

    public ArrayView<byte> ImageValue, PixelValue;

    /// <summary>One an image: 0 or 1, or the number of its class.</summary>
    public ArrayView<float> Labels;

    /// <summary>An image's number in the data, to which draws for it belong; for training alone, else one unused value.</summary>
    public ArrayView<uint> Numbers;

    /// <summary>N.</summary>
    public int Images;

    public readonly int ChunkCount => Chunks.IntLength / ChunkSchedule.ChunkFields;
}

/// <summary>Images in pairs of pixels and of images, see <see cref="PairImages"/>; its arrays chunk after chunk.</summary>
public struct PairViews
{
    /// <summary>Pixel number at each place, D for the constant pixel, -1 for none.</summary>
    public ArrayView<int> Order;

    /// <summary>Pixels that are 0 in every image, ascending; their weights are in no product.</summary>
    public ArrayView<int> Dropped;

    /// <summary>How many of them there are: memory has a place at least.</summary>
    public int DroppedCount;

    /// <summary>Three ints a chunk: where its forward starts, its backward starts and its partners begin.</summary>
    public ArrayView<int> Chunks;

    public ArrayView<int> ForwardStarts, BackwardStarts;

    public ArrayView<ushort> ForwardIndex, BackwardIndex, Partners;

    /// <summary>[chunk, pair of places]: the order of backward rows, see <see cref="PairImages.Turns"/>.</summary>
    public ArrayView<ushort> Turns;

    public ArrayView<uint> ForwardValue, BackwardValue;
}

/// <summary>Working memory of a cohort for one chunk of at most 256 images.</summary>
public struct ScratchViews
{
    /// <summary>[256, stride] block after block: Z after the forward pass, gate * q after the output's backward pass.</summary>
    public ArrayView<float> Activations;

    /// <summary>[slot, O, 256]: logits after the output's forward pass, q after the loss.</summary>
    public ArrayView<float> Logits;

    /// <summary>As the parameters: gradients, once the last chunk of a batch has been through.</summary>
    public ArrayView<float> GradW1, GradB1, GradW2, GradB2;

    /// <summary>G of the batch so far, [D + 1, stride] block after block: a block starts at (D + 1) * its first column.</summary>
    public ArrayView<long> GradSums;

    /// <summary>[slot, O]: the sum of q of the batch so far.</summary>
    public ArrayView<long> DeltaSums;

    /// <summary>
    /// With a logit a class [O, padded columns]: sum of activation times q of the batch so far, both as integers; else one unused value.
    /// </summary>
    public ArrayView<long> OutputSums;

    /// <summary>
    /// Two sums a slot over the images seen in this epoch: binary cross-entropy in whole nats, and what is left in units of 2^-32.
    /// </summary>
    public ArrayView<long> Loss;

    /// <summary>One flag a slot: 1 once a forward pass of this epoch found the model out of range, see <see cref="ExactSums"/>.</summary>
    public ArrayView<int> Failed;

    /// <summary>[slot, 3 O + 1]: true positives, false positives and false negatives of each class, then images; with one logit those
    /// of the positive class.</summary>
    public ArrayView<int> Counts;

    /// <summary>What optimisers remember.</summary>
    public StepViews Steps;
}

/// <summary>Ranking and pruning.</summary>
public struct PruneViews
{
    /// <summary>As W1 and w2: how many weights go before this one.</summary>
    public ArrayView<int> RanksW1, RanksW2;

    /// <summary>Two ints a slot: ranks below the first go from W1, below the second from w2.</summary>
    public ArrayView<int> Counts;

    /// <summary>What random numbers belong to.</summary>
    public OriginViews Origin;
}

/// <summary>What the random numbers of models belong to, and the numbers themselves; see <see cref="ModelOrigin"/>.</summary>
public struct OriginViews
{
    /// <summary>Two words a slot, high word first: the model's identity.</summary>
    public ArrayView<uint> Identities;

    /// <summary>From <see cref="GaussianTable.Create"/>.</summary>
    public ArrayView<int> Quantiles;

    /// <summary>The run's seed.</summary>
    public uint Seed;

    /// <summary>Standard deviation of the initial weights.</summary>
    public float InitStd;

    /// <summary>Four random words: of a slot's weights 4 * quad to 4 * quad + 3, in the order W1 row-major [D, H], then w2.</summary>
    /// <param name="stream">One of <see cref="RandomStreams"/>.</param>
    internal readonly PhiloxBlock Draw(int slot, int quad, uint stream) =>
        Philox.Draw(new PhiloxBlock((uint)quad, Identities[2 * slot], Identities[(2 * slot) + 1], 0), Seed, stream);

    /// <summary>The random word of one weight.</summary>
    internal readonly uint Word(int slot, int weight, uint stream)
    {
        PhiloxBlock bits = Draw(slot, weight / 4, stream);
        int word = weight % 4;
        return word == 0 ? bits.X : word == 1 ? bits.Y : word == 2 ? bits.Z : bits.W;
    }

    /// <summary>The initial weight that belongs to a random word: normal, integers and one product, so the same bits anywhere.</summary>
    internal readonly float Initial(uint bits) => InitStd * (NormalPlace.Fixed(bits, Quantiles) * (1f / GaussianTable.One));
}

/// <summary>Compressed weights at one or more levels; see <see cref="SparseCohort"/>.</summary>
public struct SparseViews
{
    /// <summary>Where each padded column's entries begin, level after level, and one end.</summary>
    public ArrayView<int> Starts;

    /// <summary>Entries of each padded column, level after level.</summary>
    public ArrayView<int> Counts;

    /// <summary>Two ints a slot, level after level: ranks below the first go from W1, below the second from w2.</summary>
    public ArrayView<int> Thresholds;

    /// <summary>Pixel number of each entry.</summary>
    public ArrayView<ushort> Index;

    /// <summary>Weight of each entry.</summary>
    public ArrayView<float> Value;

    /// <summary>One value a padded column, level after level.</summary>
    public ArrayView<float> B1;

    /// <summary>[level, O, padded columns].</summary>
    public ArrayView<float> W2;

    /// <summary>[level, slot, O].</summary>
    public ArrayView<float> B2;

    public int Levels;
}
