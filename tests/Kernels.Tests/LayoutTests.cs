using CsCheck;
using GpuMlp.Kernels.Memory;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class LayoutTests
{
    private static readonly Gen<(int[] Hidden, int Inputs, int Threads)> s_cohorts =
        Gen.Select(Gen.OneOf(Gen.Int[1, 40], Gen.Int[1, 400]).Array[1, 80], Gen.Int[1, 1000], Gen.Int[1, 70]);

    private static readonly Gen<(byte[] Pixels, int Inputs, (int, int)[] Batches)> s_images =
        Gen.Select(Gen.Int[1, 150], Gen.Int[1, 300], Gen.Int[0, 1 << 30], Gen.Int[1, 400]).Select((inputs, images, seed, batch) =>
        {
            var random = new System.Random(seed);
            (int, int)[] batches = [.. Enumerable.Range(0, 3).Select(_ => random.Next(images))
                .Select(first => (first, Math.Min(batch, images - first)))];
            return (Samples.Pixels(images, inputs, seed), inputs, batches);
        });

    [Fact]
    public void Every_model_has_its_columns_once_and_inside_one_block() => s_cohorts.Sample(cohort =>
    {
        ColumnLayout layout = ColumnLayout.Create(cohort.Hidden, cohort.Inputs, cohort.Threads);
        Assert.Equal(Enumerable.Range(0, cohort.Hidden.Length), layout.Slots.Select(slot => slot.Model).Order());
        Assert.Equal(cohort.Hidden.Sum(), layout.Columns);
        int column = -1, block = -1;
        foreach (ModelSlot slot in layout.Slots)
        {
            ColumnBlock home = layout.Blocks[slot.Block];
            Assert.Equal(cohort.Hidden[slot.Model], slot.Hidden);

            // Models stand side by side from their block's first column on.
            Assert.Equal(slot.Block == block ? column : home.FirstColumn, slot.Column);
            Assert.True(slot.Block >= block && slot.Column + slot.Hidden <= home.FirstColumn + home.Stride);
            (block, column) = (slot.Block, slot.Column + slot.Hidden);
        }
    });

    [Fact]
    public void Blocks_are_whole_vectors_and_a_gap_of_sixteen_columns_apart() => s_cohorts.Sample(cohort =>
    {
        ColumnLayout layout = ColumnLayout.Create(cohort.Hidden, cohort.Inputs, cohort.Threads);
        int column = 0, slot = 0;
        foreach (ColumnBlock block in layout.Blocks)
        {
            Assert.Equal((column, slot), (block.FirstColumn, block.FirstSlot));
            Assert.True(block.Slots > 0 && block.Stride > 0 && block.Stride % ColumnLayout.Vector == 0);

            // Rows a multiple of 4 KiB apart would fall into one set of L1.
            Assert.False(block.Stride % 1024 == 0);
            (column, slot) = (column + block.Stride + ColumnLayout.Vector, slot + block.Slots);
        }
        Assert.Equal((layout.PaddedColumns, layout.Slots.Count), (column, slot));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_in_pairs_unpack_to_the_original_from_either_side(bool all) => s_images.Sample(sample =>
    {
        ChunkSchedule schedule = ChunkSchedule.FromBatches(sample.Batches);
        int inputs = sample.Inputs;
        PairImages images = PairImages.Create(sample.Pixels, inputs, schedule, all, withBackward: true);

        // Every pixel that some image sets, and the constant one, stand once.
        int[] set = [.. Enumerable.Range(0, inputs)
            .Where(d => all || sample.Pixels.Where((_, at) => at % inputs == d).Any(pixel => pixel != 0))];
        Assert.Equal([.. set, inputs], images.Order.Where(pixel => pixel >= 0).Order());
        Assert.True(images.Order.Length % 2 == 0 && images.Order.SkipLast(1).All(pixel => pixel >= 0));
        for (int c = 0; c < schedule.Chunks.Count; c++)
        {
            Chunk chunk = schedule.Chunks[c];
            int width = inputs + 1, rows = chunk.Rows;
            int[] expected = [.. Enumerable.Range(0, rows * width)
                .Select(at => at % width == inputs ? 255 : sample.Pixels[((chunk.FirstRow + (at / width)) * inputs) + (at % width)])];
            int[] forward = new int[rows * width], backward = new int[rows * width], partners = [.. images.Partners[c]];
            int[] turns = [.. images.Turns[c]];
            Unpack(
                images.ForwardStarts[c],
                images.ForwardIndex[c],
                images.ForwardValue[c],
                images.Order,
                (row, pixel, value) => forward[(row * width) + pixel] += value);
            Unpack(
                images.BackwardStarts[c],
                images.BackwardIndex[c],
                images.BackwardValue[c],
                partners,
                (place, row, value) => backward[(row * width) + images.Order[(2 * turns[place / 2]) + (place % 2)]] += value);
            Assert.Equal(expected, forward);
            Assert.Equal(expected, backward);
            Assert.Equal(Enumerable.Range(0, rows), partners.Distinct().Order());
            Assert.Equal(Enumerable.Range(0, images.Order.Length / 2), turns.Order());
            Assert.True(partners.Length == (rows + 1) / 2 * 2);
        }
    });

    [Fact]
    public void A_table_of_a_schedule_tells_rows_and_places_in_batches() => Assert.Equal(
        [0, 256, 600, 0, 256, 256, 600, 2, 512, 88, 600, 5, 600, 7, 7, 1],
        ChunkSchedule.FromBatches([(0, 600), (600, 7)]).Table());

    [Fact]
    public void A_schedule_covers_every_batch_in_order_and_in_chunks_of_256() =>
        Gen.Select(Gen.Int[1, 2000], Gen.Int[1, 2500]).Sample((images, batch) =>
        {
            int row = 0, batchEnd = 0;
            foreach (Chunk chunk in ChunkSchedule.Consecutive(images, batch).Chunks)
            {
                Assert.Equal(row, chunk.FirstRow);
                Assert.Equal(row == batchEnd, chunk.IsFirst);
                batchEnd = chunk.IsFirst ? row + chunk.BatchRows : batchEnd;
                row += chunk.Rows;
                Assert.True(chunk.Rows is >= 1 and <= ChunkSchedule.ChunkRows && row <= batchEnd);
                Assert.Equal(row == batchEnd, chunk.IsLast);
                Assert.True(chunk.BatchRows == batch || (batchEnd == images && chunk.BatchRows < batch));
            }
            Assert.Equal(images, row);
        });

    // A value stands for two neighbours of its row's partner list.
    private static void Unpack(int[] starts, ushort[] index, uint[] value, int[] members, Action<int, int, int> put)
    {
        for (int row = 0; row + 1 < starts.Length; row++)
        {
            for (int q = starts[row]; q < starts[row + 1]; q++)
            {
                Assert.True(q == starts[row] || index[q] > index[q - 1]);
                if ((value[q] & 0xFFFF) is var low and not 0)
                    put(row, members[2 * index[q]], (int)low);
                if (value[q] >> 16 is var high and not 0)
                    put(row, members[(2 * index[q]) + 1], (int)high);
            }
        }
    }
}
