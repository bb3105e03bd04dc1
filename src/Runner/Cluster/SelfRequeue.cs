using System.Globalization;
using GpuMlp.Engine;

namespace GpuMlp.Runner.Cluster;

/// <summary>
/// Puts the Slurm job of this process back into the queue, so that it goes on elsewhere or later. Only after SIGUSR1, never
/// after SIGTERM: that is also how a job is cancelled.
/// </summary>
internal static class SelfRequeue
{
    public const int DefaultMost = 20;

    // Slurm ends a requeued job within a second; a process that ends by itself meanwhile may be taken for the job's end.
    private static readonly TimeSpan s_waitForEnd = TimeSpan.FromSeconds(120);

    /// <summary>The name of this job as <c>scontrol</c> takes it: <c>12_3</c> in an array; null outside of Slurm.</summary>
    public static string? JobName(Func<string, string?> environment) =>
        environment("SLURM_ARRAY_JOB_ID") is { Length: > 0 } array && environment("SLURM_ARRAY_TASK_ID") is { Length: > 0 } task
            ? $"{array}_{task}"
            : environment("SLURM_JOB_ID") is { Length: > 0 } job ? job
        : null;

    /// <summary>Requeues and waits to be ended.</summary>
    /// <param name="ended">Is cancelled by SIGTERM.</param>
    /// <returns>What happened, in one line.</returns>
    public static string Do(int most, Func<string, string?> environment, CancellationToken ended)
    {
        if (JobName(environment) is not { } job)
        {
            return "no Slurm job to put back into the queue";
        }

        int restarts = int.TryParse(environment("SLURM_RESTART_COUNT"), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? count
            : 0;
        if (restarts >= most)
        {
            return $"job {job} has been requeued {restarts} times already (--max-requeues {most}), so it is not put back";
        }

        (int exitCode, string output, string error) = Tool.Run("scontrol", ["requeue", job]);
        if (exitCode != 0)
        {
            return OneLine.Of($"job {job} could not be put back into the queue: {(error.Length > 0 ? error : output)}");
        }

        ended.WaitHandle.WaitOne(s_waitForEnd);
        return $"job {job} is back in the queue";
    }
}
