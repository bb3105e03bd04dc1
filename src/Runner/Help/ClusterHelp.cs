namespace GpuMlp.Runner.Help;

/// <summary>The pages of the commands that take a run apart, for many processes or machines.</summary>
internal static class ClusterHelp
{
    public static string Plan { get; } = HelpText.Join("""
        gpumlp plan writes plan.json, once: every unit of a sweep, in shards for so many
        machines. It trains a little of the sweep to see how fast this machine is.

        Usage: gpumlp plan [flags]

        How the work is cut
          --shards N          parts for `run --shard K/N` (default: by --task-minutes)
          --task-minutes X    how long a shard takes (default: 10)
          --unit-seconds X    how long a unit takes, the least that is saved and the
                              most that a kill costs (default: 30)
          --gflops X          speed of the machines meant, dense-equivalent, instead of
                              measuring this one

        """,
        SweepHelp.Flags,
        HelpText.ExitCodes);

    public static string Run { get; } = HelpText.Join("""
        gpumlp run RUN does the units of a plan, all that are left or those of a shard.
        Any number of processes may do so at once; what is finished stays finished.

        Usage: gpumlp run RUN [flags]

          --shard K/N|auto    one of the plan's N shards; auto takes K from Slurm
                              (SLURM_ARRAY_TASK_ID, under srun also SLURM_PROCID) or
                              from Kubernetes (JOB_COMPLETION_INDEX)
          --data DIR          where the plan's data are on this machine
          --device auto|cpu|cuda[:I]|opencl[:I]
                              as in `gpumlp sweep --help`; CUDA shows a process the
                              devices of CUDA_VISIBLE_DEVICES alone
          --threads N         CPU threads (default: one a core)
          --requeue           upon SIGUSR1 put this Slurm job back into the queue
          --max-requeues N    at most so often (default: 20)
          --quiet             nothing but errors
          --fail-fast         stop at the first model that fails
          --verbose           stack traces with errors

        SIGUSR1 finishes the units in flight and begins no other; SIGTERM, SIGHUP and
        Ctrl-C stop at the next epoch. A unit that cannot be finished leaves a file in
        RUN/errors, the others go on, and the exit code is 3.

        """,
        HelpText.ExitCodes);

    public static string Status { get; } = HelpText.Join("""
        gpumlp status RUN tells which units are done, running, failed and missing, how
        fast they come and how long the rest takes. It reads files only.

        Usage: gpumlp status RUN [--verbose]

          --verbose           stack traces with errors

        """,
        HelpText.ExitCodes);

    public static string Merge { get; } = HelpText.Join("""
        gpumlp merge RUN writes tables, weights, splits, manifest.json, saliency
        pictures and report of a run whose units are all finished, and prints its
        tables. With units missing it writes nothing, names them with the command
        that does them, and exits with 3.

        Usage: gpumlp merge RUN [flags]

          --data DIR          where the plan's data are on this machine; only the
                              pictures need them, and are left out without
          --quiet             nothing but errors and the tables
          --verbose           stack traces with errors

        """,
        HelpText.ExitCodes);

    public static string Slurm { get; } = HelpText.Join("""
        gpumlp slurm RUN writes RUN/sweep.sbatch, an array task for each shard, and
        RUN/merge.sbatch, and prints them. Edited scripts stay as they are until flags
        describe others.

        Usage: gpumlp slurm RUN [flags]

        What to do
          --check             have sbatch test them; submit nothing
          --submit            submit the array, and the merge after it
          --missing           only shards with units missing

        What the scripts hold (what is not given is left to the cluster)
          --partition NAME    partition
          --account NAME      account
          --time T            time limit of a task, as in 00:30:00
          --mem SIZE          memory of a task, as in 8G
          --cpus N            CPUs of a task
          --gres LIST         as in gpu:1; every task is one process
          --device NAME       accelerator, as `run --device` takes it
          --max-parallel N    tasks at once
          --notice SECONDS    SIGUSR1 so long before the time limit (default: 120)
          --sbatch-args WORDS any other arguments of sbatch, as in
                              --sbatch-args "qos=low comment='two words'"
          --program WORDS     how gpumlp is started there (default: as it was here)

          --max-array-size N  the cluster's MaxArraySize (default: asked of scontrol,
                              else 1001); larger runs become several arrays
          --verbose           stack traces with errors

        """,
        HelpText.ExitCodes);
}
