using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Engine.Plans;

namespace GpuMlp.Runner.Cluster;

/// <summary>
/// Which shard a process takes: <c>--shard K</c>, <c>K/N</c> or <c>auto</c>. How many there are is the plan's to say and
/// never the scheduler's: a job that does one failed task again is an array of one.
/// </summary>
internal static class ShardChoice
{
    public const string Auto = "auto";

    /// <summary>Set by <c>gpumlp slurm</c> where array indices must stay below the cluster's MaxArraySize.</summary>
    public const string Offset = "GPUMLP_SHARD_OFFSET";

    /// <param name="text">Null for the whole plan.</param>
    /// <param name="environment">A variable's value, or null.</param>
    /// <returns>Null for a process beyond the last shard, which has nothing to do.</returns>
    /// <exception cref="UserErrorException">No shard of the plan, or <c>auto</c> where no scheduler tells.</exception>
    public static Shard? From(string? text, Plan plan, Func<string, string?> environment)
    {
        if (text is null)
        {
            return Shard.Whole;
        }

        if (text == Auto)
        {
            return FromScheduler(plan, environment);
        }

        string[] parts = text.Split('/');
        int? index = Number(parts[0]), count = parts.Length == 2 ? Number(parts[1]) : plan.Shards;
        if (parts.Length > 2 || index is null || count is null)
        {
            throw new UserErrorException($"--shard: '{text}' is no shard; must be K/N as in 0/{plan.Shards}, or auto");
        }

        return count == plan.Shards && index < count
            ? new Shard(index.Value, plan.Shards)
            : throw new UserErrorException($"--shard: {text}, but the plan has {Range(plan)}");
    }

    private static Shard? FromScheduler(Plan plan, Func<string, string?> environment)
    {
        int? Value(string name) => environment(name) is { Length: > 0 } text
            ? Number(text) ?? throw new UserErrorException($"--shard auto: {name} is '{text}'; must be a whole number")
            : null;

        int? task = Value("SLURM_ARRAY_TASK_ID"), index = Value("JOB_COMPLETION_INDEX");

        // The batch script itself has these variables too; only srun starts a process for each task.
        bool step = Number(environment("SLURM_STEP_ID") ?? "") is not null;
        int tasks = step ? Value("SLURM_NTASKS") ?? 1 : 1, process = step ? Value("SLURM_PROCID") ?? 0 : 0;
        if (task is null && index is null && tasks == 1)
        {
            throw new UserErrorException(
                $"--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; "
                    + $"outside of an array job it must be {Range(plan)}");
        }

        long shard = task is null && index is { } completion
            ? completion
            : (((long)(task ?? 0) + (Value(Offset) ?? 0)) * tasks) + process;
        if (shard < plan.Shards)
        {
            return new Shard((int)shard, plan.Shards);
        }

        // The last array task under srun may have more processes than shards are left.
        return tasks > 1 && shard - process < plan.Shards
            ? null
            : throw new UserErrorException($"--shard auto: the scheduler's index is {shard}, but the plan has {Range(plan)}");
    }

    private static string Range(Plan plan)
        => plan.Shards == 1 ? "one shard, 0/1" : $"shards 0/{plan.Shards} to {plan.Shards - 1}/{plan.Shards}";

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
