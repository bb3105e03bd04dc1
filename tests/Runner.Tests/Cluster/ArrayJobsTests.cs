using CsCheck;
using GpuMlp.Runner.Cluster;
using Xunit;

namespace GpuMlp.Runner.Tests.Cluster;

public sealed class ArrayJobsTests
{
    [Fact]
    public void A_small_run_is_one_array() =>
        Assert.Equal([new ArrayJob(0, "3,7-9")], ArrayJobs.Of([3, 7, 8, 9], ArrayJobs.DefaultMaxArraySize));

    [Fact]
    public void Indices_stay_below_the_largest_array_size()
    {
        ArrayJob[] jobs = [.. ArrayJobs.Of([.. Enumerable.Range(0, 2500)], 1001)];
        Assert.Equal([new ArrayJob(0, "0-1000"), new ArrayJob(1001, "0-1000"), new ArrayJob(2002, "0-497")], jobs);
        Assert.Equal(["--array=0-1000%5"], jobs[0].Arguments(5));
        Assert.Equal(["--array=0-497", "--export=ALL,GPUMLP_SHARD_OFFSET=2002"], jobs[2].Arguments(null));
    }

    [Fact]
    public void Scattered_shards_become_several_lists_of_a_length_that_schedulers_take() =>
        Gen.Int[0, 20_000].HashSet[1, 3000].Sample(
            set =>
            {
                ArrayJob[] jobs = [.. ArrayJobs.Of([.. set.Order()], 1001)];
                Assert.All(jobs, job => Assert.True(job.Indices.Length <= 2000));
                Assert.Equal(set.Order(), jobs.SelectMany(Shards));
            },
            iter: 30);

    private static IEnumerable<int> Shards(ArrayJob job) => job.Indices.Split(',').SelectMany(part =>
    {
        int[] ends = [.. part.Split('-').Select(int.Parse)];
        Assert.InRange(ends[^1], 0, 1000);
        return Enumerable.Range(job.Offset + ends[0], ends[^1] - ends[0] + 1);
    });
}
