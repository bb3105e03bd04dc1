using CsCheck;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
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
            (int, int)[] batches = [.. Enumerable.Range(0, 3).Select(_ => random.Next(images)).Select(first => (first, Math.Min(batch, images - first)))];
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

    [Fact]
    public void Compressed_images_unpack_to_the_original_from_either_side() => s_images.Sample(sample =>
    {
        ChunkSchedule schedule = ChunkSchedule.FromBatches(sample.Batches);
        SparseImages images = SparseImages.Compress(sample.Pixels, sample.Inputs, schedule, withBackward: true);
        for (int c = 0; c < schedule.Chunks.Count; c++)
        {
            Chunk chunk = schedule.Chunks[c];
            ReadOnlySpan<int> fields = images.ChunkTable.AsSpan(c * ChunkSchedule.ChunkFields, ChunkSchedule.ChunkFields);
            int flags = (chunk.IsFirst ? 1 : 0) + (chunk.IsLast ? 2 : 0);
            Assert.Equal((chunk.FirstRow, chunk.Rows, chunk.BatchRows, flags), (fields[0], fields[1], fields[2], fields[3]));

            int inputs = sample.Inputs, size = chunk.Rows * inputs;
            float[] expected = [.. sample.Pixels.AsSpan(chunk.FirstRow * inputs, size).ToArray().Select(pixel => pixel / 255f)];
            float[] forward = new float[size], backward = new float[size];
            Unpack(images.ForwardStarts.AsSpan(fields[4]), images.ForwardIndex, images.ForwardValue, SparseImages.PixelBands(inputs), chunk.Rows,
                SparseImages.PixelBand, (row, pixel, value) => forward[(row * inputs) + pixel] += value);
            Unpack(images.BackwardStarts.AsSpan(fields[5]), images.BackwardIndex, images.BackwardValue, SparseImages.ImageBands(chunk.Rows), inputs,
                SparseImages.ImageBand, (pixel, row, value) => backward[(row * inputs) + pixel] += value);
            Check.SameBits("forward", expected, forward);
            Check.SameBits("backward", expected, backward);
        }
    });

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

    // Panel after panel; indices ascend, stay inside their band, and no entry is stored as zero.
    private static void Unpack(
        ReadOnlySpan<int> starts, ushort[] index, float[] value, int bands, int rows, int band, Action<int, int, float> put)
    {
        for (int b = 0; b < bands; b++)
        {
            for (int row = 0; row < rows; row++)
            {
                int last = -1;
                for (int q = starts[(b * (rows + 1)) + row]; q < starts[(b * (rows + 1)) + row + 1]; q++)
                {
                    Assert.True(index[q] > last && index[q] / band == b && value[q] > 0);
                    last = index[q];
                    put(row, index[q], value[q]);
                }
            }
        }
    }
}
