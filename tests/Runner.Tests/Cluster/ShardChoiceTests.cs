using GpuMlp.Engine;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Runner.Cluster;
using Xunit;

namespace GpuMlp.Runner.Tests.Cluster;

public sealed class ShardChoiceTests
{
    private static readonly Plan s_plan =
        Plan.Create(
            Presets.Paper.WithoutRates() with { Tasks = [new ClassTask(0, 1)], Embedding = [], Seeds = [.. Enumerable.Range(0, 20)] },
            "data",
            784,
            (_, _) => new(9344)) with
        { Shards = 8 };

    [Fact]
    public void Nothing_asked_is_the_whole_plan() => Assert.Equal(Shard.Whole, ShardChoice.From(null, s_plan, _ => "1"));

    [Theory]
    [InlineData("3/8", "", 3)]
    [InlineData("3", "", 3)]
    [InlineData("0/8", "SLURM_ARRAY_TASK_ID=5", 0)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=5", 5)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=1", 1)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=1 GPUMLP_SHARD_OFFSET=6", 7)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=1 SLURM_STEP_ID=0 SLURM_NTASKS=3 SLURM_PROCID=2", 5)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=1 SLURM_NTASKS=3 SLURM_PROCID=0", 1)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=1 SLURM_NTASKS=3 SLURM_PROCID=0 SLURM_STEP_ID=batch", 1)]
    [InlineData("auto", "SLURM_STEP_ID=0 SLURM_NTASKS=8 SLURM_PROCID=7", 7)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=2 SLURM_STEP_ID=0 SLURM_NTASKS=3 SLURM_PROCID=2", null)]
    [InlineData("auto", "JOB_COMPLETION_INDEX=4", 4)]
    public void A_shard_comes_from_the_flag_or_the_scheduler(string text, string environment, int? expected) =>
        Assert.Equal(expected is { } index ? new Shard(index, 8) : null, Choose(text, environment));

    [Theory]
    [InlineData("3/4", "", "3/4, but the plan has shards 0/8 to 7/8")]
    [InlineData("8/8", "", "8/8, but the plan has shards 0/8 to 7/8")]
    [InlineData("-1/8", "", "'-1/8' is no shard; must be K/N as in 0/8, or auto")]
    [InlineData("first", "", "'first' is no shard")]
    [InlineData("1/8/2", "", "'1/8/2' is no shard")]
    [InlineData("auto", "", "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=8", "the scheduler's index is 8, but the plan has shards 0/8 to 7/8")]
    [InlineData("auto", "JOB_COMPLETION_INDEX=9", "the scheduler's index is 9")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=five", "SLURM_ARRAY_TASK_ID is 'five'")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=3 SLURM_STEP_ID=0 SLURM_NTASKS=3 SLURM_PROCID=0", "the scheduler's index is 9")]
    public void What_is_no_shard_of_the_plan_is_told_in_one_line(string text, string environment, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Choose(text, environment));
        Assert.Contains(message, error.Message);
        Assert.StartsWith("--shard", error.Message);
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
    }

    private static Shard? Choose(string text, string environment)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(pair => pair.Split('=')[0], pair => pair.Split('=')[1]);
        return ShardChoice.From(text, s_plan, variables.GetValueOrDefault);
    }
}
