using GpuMlp.Engine.Fields;

namespace GpuMlp.Runner.Cluster;

/// <summary>One array job.</summary>
/// <param name="Offset">What is added to its indices to get shards.</param>
/// <param name="Indices">As <c>sbatch --array</c> takes them: <c>3,7-9</c>.</param>
internal readonly record struct ArrayJob(int Offset, string Indices)
{
    /// <summary>The arguments of sbatch beside the script.</summary>
    /// <param name="maxParallel">Tasks at once.</param>
    public IEnumerable<string> Arguments(int? maxParallel) =>
    [
        $"--array={Indices}{(maxParallel is { } most ? $"%{most}" : "")}",
        .. Offset > 0 ? new[] { $"--export=ALL,{ShardChoice.Offset}={Offset}" } : [],
    ];
}

/// <summary>Shards as array jobs that the cluster takes.</summary>
internal static class ArrayJobs
{
    /// <summary>What Slurm has where nobody configured it; the largest index is one less.</summary>
    public const int DefaultMaxArraySize = 1001;

    // The controller keeps the text of each job; nothing documents a limit, so it stays well below a page.
    private const int LongestText = 2000;

    /// <param name="shards">Ascending.</param>
    /// <param name="maxArraySize">No index is as large.</param>
    public static IEnumerable<ArrayJob> Of(IReadOnlyList<int> shards, int maxArraySize)
    {
        foreach (IGrouping<int, int> group in shards.GroupBy(shard => shard / maxArraySize))
        {
            int offset = group.Key * maxArraySize;
            List<int> part = [];
            int length = 0;
            foreach ((int first, int last) in NumberRanges.Ranges(group.Select(shard => shard - offset)))
            {
                string text = NumberRanges.Of(Enumerable.Range(first, last - first + 1));
                if (part.Count > 0 && length + text.Length > LongestText)
                {
                    yield return new ArrayJob(offset, NumberRanges.Of(part));
                    part = [];
                    length = 0;
                }

                part.AddRange(Enumerable.Range(first, last - first + 1));
                length += text.Length + 1;
            }

            yield return new ArrayJob(offset, NumberRanges.Of(part));
        }
    }
}
