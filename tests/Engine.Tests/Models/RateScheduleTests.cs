using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Tests.Models;

public sealed class RateScheduleTests
{
    [Theory]
    [InlineData("constant", 100)]
    [InlineData("step:30:0.1", 100)]
    [InlineData("cosine", 100)]
    [InlineData("cosine", 1)]
    [InlineData("cosine", 100_000)]
    [InlineData("warmup:5", 100)]
    [InlineData("warmup:5+cosine", 100)]
    [InlineData("warmup:7+step:10:0.5", 50)]
    [InlineData("warmup:10+cosine", 8)]
    public void A_factor_is_what_PyTorch_documents(string text, int epochs)
    {
        RateSchedule schedule = Read(text);
        Assert.Equal(text, schedule.Name);
        string[] halves = text.Split('+');
        int warmUp = halves[0].StartsWith("warmup:", StringComparison.Ordinal) ? int.Parse(halves[0][7..]) : 0;
        string then = halves[^1].StartsWith("warmup:", StringComparison.Ordinal) ? "constant" : halves[^1];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            double expected = epoch < warmUp ? (epoch + 1.0) / warmUp : Plain(then, epoch - warmUp, epochs - warmUp);
            double factor = schedule.FactorAt(epoch, epochs);
            Assert.InRange(factor, expected * (1 - 1e-12), expected * (1 + 1e-12));
            Assert.InRange(factor, double.Epsilon, 1);
        }

        Assert.Equal(schedule.FactorAt(epochs - 1, epochs), schedule.FactorAt(epochs, epochs));
        Assert.Equal(schedule.FactorAt(epochs - 1, epochs), schedule.FactorAt(10 * epochs, epochs));
    }

    [Theory]
    [InlineData("")]
    [InlineData("linear")]
    [InlineData("step")]
    [InlineData("step:30")]
    [InlineData("step:0:0.1")]
    [InlineData("step:30:0")]
    [InlineData("step:30:1.5")]
    [InlineData("step:30:nan")]
    [InlineData("cosine:5")]
    [InlineData("warmup")]
    [InlineData("warmup:0")]
    [InlineData("warmup:-1")]
    [InlineData("warmup:5+")]
    [InlineData("warmup:5+warmup:5")]
    [InlineData("cosine+warmup:5")]
    public void What_is_no_schedule_is_told(string text) => Assert.False(RateSchedule.TryParse(text, out _));

    [Fact]
    public void Schedules_that_are_written_alike_are_equal()
    {
        Assert.Equal(Read("warmup:5+step:30:0.1"), Read("warmup:05+step:30:1e-1"));
        Assert.Equal(Read("warmup:5"), Read("warmup:5+constant"));
        Assert.NotEqual(Read("warmup:5+step:30:0.1"), Read("warmup:5+step:31:0.1"));
    }

    private static RateSchedule Read(string text) =>
        RateSchedule.TryParse(text, out RateSchedule schedule) ? schedule : throw new ArgumentException(text);

    // torch.optim.lr_scheduler, in closed form.
    private static double Plain(string text, int epoch, int epochs) => text.Split(':') switch
    {
        ["constant"] => 1,

        // (1 + cos(pi t)) / 2 without its cancellation near the end.
        ["cosine"] => Math.Pow(Math.Sin(Math.PI / 2 * (epochs - epoch) / epochs), 2),
        [_, var every, var factor] => Math.Pow(double.Parse(factor), epoch / int.Parse(every)),
        _ => throw new ArgumentException(text),
    };
}
