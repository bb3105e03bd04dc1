namespace GpuMlp.Kernels.Memory;

/// <summary>
/// Where the columns (hidden units) of a ragged cohort lie in memory. Whole models stand side by side in blocks; a block
/// is what one thread owns from the first image to the last, so models never wait for each other.
/// </summary>
/// <remarks>
/// A block's W1 is row-major [D, Stride] and starts at D * FirstColumn; arrays with one value a column (b1, its gradient) start at
/// FirstColumn, and so does each of the O rows of w2, which are as long as all columns. A block ends on a multiple of 16 columns; the
/// columns behind its last model hold zeros that stay zeros. Behind each block lies a gap of 16 columns, because the last sixteen
/// lanes of a model may reach past its block: there they touch nothing that another thread owns. How models are dealt to blocks
/// changes where a column lies, never its bits.
/// </remarks>
public sealed class ColumnLayout
{
    /// <summary>Columns are padded to this many at the end of each block.</summary>
    public const int Vector = 16;

    /// <summary>The largest H: saliency numbers a model's hidden units in sixteen bits.</summary>
    public const int MostHidden = 65536;

    /// <summary>The largest O: labels are bytes.</summary>
    public const int MostOutputs = 256;

    /// <summary>Ints of a vector in the table that GPU kernels read.</summary>
    internal const int VectorFields = 4;

    // A tile of 8 x 16 columns fills half the registers of AVX-512; wider blocks gain nothing and leave L2.
    private const int BlockColumns = 128;

    private ColumnLayout(int inputs, int outputs, ColumnBlock[] blocks, ModelSlot[] slots, OptimiserRange[] ranges)
    {
        Ranges = ranges;
        Inputs = inputs;
        Outputs = outputs;
        Blocks = blocks;
        Slots = slots;
    }

    /// <summary>D.</summary>
    public int Inputs { get; }

    /// <summary>
    /// O, the logits of a model: 1 for one logit of two classes, else one a class. All models of a cohort have as many, since they share
    /// images and labels.
    /// </summary>
    public int Outputs { get; }

    public IReadOnlyList<ColumnBlock> Blocks { get; }

    /// <summary>One an optimiser, in the order of its blocks.</summary>
    public IReadOnlyList<OptimiserRange> Ranges { get; }

    /// <summary>Models in memory order.</summary>
    public IReadOnlyList<ModelSlot> Slots { get; }

    /// <summary>C with the padding and the gap of every block.</summary>
    public int PaddedColumns => Blocks[^1].FirstColumn + Blocks[^1].Stride + Vector;

    /// <summary>C, the sum of H.</summary>
    public int Columns => Slots.Sum(slot => slot.Hidden);

    /// <summary>
    /// Deals models to blocks, the largest first and each to the narrowest block, so that <paramref name="threads"/>
    /// threads have equal work.
    /// </summary>
    /// <param name="hidden">H of each model, 1 to <see cref="MostHidden"/>.</param>
    /// <param name="inputs">D, 1 or more.</param>
    /// <param name="threads">How many blocks can be worked on at once.</param>
    /// <param name="outputs">O, 1 to <see cref="MostOutputs"/>.</param>
    /// <param name="optimisers">Number of each model's optimiser, see <see cref="StepSettings"/>; null for 0.</param>
    /// <exception cref="ArgumentException">
    /// No models, a size below 1, H above <see cref="MostHidden"/> or O above <see cref="MostOutputs"/>.
    /// </exception>
    public static ColumnLayout Create(
        IReadOnlyList<int> hidden, int inputs, int threads, int outputs = 1, IReadOnlyList<int>? optimisers = null)
    {
        if (hidden.Count == 0 || hidden.Any(h => h < 1) || inputs < 1 || threads < 1)
            throw new ArgumentException("a cohort needs at least one model, and every size is at least 1");
        if (hidden.Max() > MostHidden)
            throw new ArgumentException($"{hidden.Max()} hidden units in one model; {MostHidden} are the most", nameof(hidden));
        if (outputs is < 1 or > MostOutputs)
            throw new ArgumentException($"{outputs} outputs of a model; must be 1 to {MostOutputs}", nameof(outputs));

        var kinds = Enumerable.Range(0, hidden.Count).GroupBy(model => optimisers?[model] ?? 0).OrderBy(kind => kind.Key).ToList();
        return Place(
            hidden, inputs, outputs, [.. kinds.SelectMany(kind => Deal(hidden, [.. kind], threads).Select(block => (kind.Key, block)))]);
    }

    // Some of the models to blocks of their own.
    private static List<int>[] Deal(IReadOnlyList<int> hidden, int[] models, int threads)
    {
        int columns = models.Sum(model => hidden[model]);
        int count = Math.Max(threads, (columns + BlockColumns - 1) / BlockColumns);
        count = Math.Min(models.Length, (count + threads - 1) / threads * threads);
        var members = new List<int>[count];
        var widths = new PriorityQueue<int, (int Width, int Block)>();
        for (int block = 0; block < count; block++)
        {
            members[block] = [];
            widths.Enqueue(block, (0, block));
        }
        foreach (int model in models.OrderByDescending(m => hidden[m]).ThenBy(m => m))
        {
            widths.TryDequeue(out int block, out (int Width, int Block) key);
            members[block].Add(model);
            widths.Enqueue(block, (key.Width + hidden[model], block));
        }
        return members;
    }

    /// <summary>Whether every model has its columns at the same place: then one array of columns fits both.</summary>
    public bool IsSameAs(ColumnLayout other) =>
        ReferenceEquals(this, other) || (Inputs == other.Inputs && Outputs == other.Outputs
            && Blocks.SequenceEqual(other.Blocks) && Slots.SequenceEqual(other.Slots) && Ranges.SequenceEqual(other.Ranges));

    /// <summary>For kernels: first column, stride, first slot and slots of each block.</summary>
    internal int[] BlockTable() => [.. Blocks.SelectMany(b => new[] { b.FirstColumn, b.Stride, b.FirstSlot, b.Slots })];

    /// <summary>
    /// For kernels: four ints a column, padding left out, in the order of the slots: its slot; its place among the padded
    /// columns; where its element 0 lies in a matrix [D + 1, stride] block after block, which is as W1 with a row for the bias;
    /// and how far element 1 is from it.
    /// </summary>
    internal int[] UnitTable() => [.. Slots.SelectMany((slot, s) => Enumerable.Range(slot.Column, slot.Hidden).SelectMany(column =>
    {
        ColumnBlock block = Blocks[slot.Block];
        return new[] { s, column, (Inputs * block.FirstColumn) + column, block.Stride };
    }))];

    /// <summary>For kernels: column and H of each slot.</summary>
    internal int[] SlotTable() => [.. Slots.SelectMany(s => new[] { s.Column, s.Hidden })];

    /// <summary>Place of W1[d, 0] of a slot: its block starts at D * FirstColumn and has rows of Stride.</summary>
    internal int Weight(ModelSlot slot, int d)
    {
        ColumnBlock block = Blocks[slot.Block];
        return (Inputs * block.FirstColumn) + (d * block.Stride) + slot.Column - block.FirstColumn;
    }

    /// <summary>Place of w2[k, 0] of a slot: O rows, each of all columns.</summary>
    internal int OutputWeight(ModelSlot slot, int k) => (k * PaddedColumns) + slot.Column;

    private static ColumnLayout Place(IReadOnlyList<int> hidden, int inputs, int outputs, (int Optimiser, List<int> Models)[] members)
    {
        var blocks = new ColumnBlock[members.Length];
        var slots = new List<ModelSlot>(hidden.Count);
        int firstColumn = 0;
        for (int block = 0; block < members.Length; block++)
        {
            int column = 0, firstSlot = slots.Count;
            foreach (int model in members[block].Models)
            {
                slots.Add(new ModelSlot(model, block, firstColumn + column, hidden[model]));
                column += hidden[model];
            }
            int stride = PaddedStride(column);
            blocks[block] = new ColumnBlock(firstColumn, stride, firstSlot, members[block].Models.Count);
            firstColumn += stride + Vector;
        }
        List<OptimiserRange> ranges = [];
        for (int first = 0; first < blocks.Length;)
        {
            int optimiser = members[first].Optimiser, end = first;
            while (end < blocks.Length && members[end].Optimiser == optimiser)
                end++;
            ranges.Add(new OptimiserRange(
                optimiser, first, end - first,
                blocks[..first].Sum(block => block.Stride) / Vector, blocks[first..end].Sum(block => block.Stride) / Vector,
                blocks[first].FirstSlot, blocks[first..end].Sum(block => block.Slots)));
            first = end;
        }
        return new ColumnLayout(inputs, outputs, blocks, [.. slots], [.. ranges]);
    }

    private static int PaddedStride(int columns)
    {
        int vectors = (columns + Vector - 1) / Vector;

        // Rows a multiple of 4 KiB apart fall into one set of L1; an odd number of cache lines spreads them over all sets.
        if (vectors > 8 && vectors % 2 == 0)
            vectors++;
        return vectors * Vector;
    }
}

/// <summary>A run of columns with whole models in it. <paramref name="Stride"/>: its padded width, a multiple of 16.</summary>
public readonly record struct ColumnBlock(int FirstColumn, int Stride, int FirstSlot, int Slots);

/// <summary>Model <paramref name="Model"/> of the caller's list has columns Column .. Column + Hidden - 1, all in one block.</summary>
public readonly record struct ModelSlot(int Model, int Block, int Column, int Hidden);
