using System.Globalization;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Engine.Models;

/// <summary>
/// What becomes of a learning rate from epoch to epoch: a factor, 1 for <see cref="Constant"/>. Epochs count from 0. The last epoch's
/// factor stays for further training. Two schedules that are written alike are equal.
/// </summary>
public abstract record RateSchedule
{
    // As they are read, with the form that messages name.
    private static readonly (string Form, Func<string[], RateSchedule?> Read)[] s_all =
    [
        ("constant", parts => parts is ["constant"] ? Constant : null),
        ("step:EPOCHS:FACTOR", StepSchedule.Read),
        ("cosine", parts => parts is ["cosine"] ? new CosineSchedule() : null),
    ];

    /// <summary>The rate as it is given.</summary>
    public static RateSchedule Constant { get; } = new ConstantSchedule();

    /// <summary>What can be written, for messages and help.</summary>
    public static string Forms { get; }
        = $"{string.Join(", ", s_all.Select(one => one.Form))}, warmup:EPOCHS or warmup:EPOCHS+ and one of these";

    /// <summary>As in flags, files and tables: <c>warmup:5+cosine</c>.</summary>
    public abstract string Name { get; }

    public sealed override string ToString() => Name;

    /// <summary>Times the learning rate; above 0 and at most 1.</summary>
    /// <param name="epoch">From 0; <paramref name="epochs"/> and above for further training.</param>
    /// <param name="epochs">Of training, at least 1.</param>
    public double FactorAt(int epoch, int epochs) => Factor(Math.Min(epoch, epochs - 1), epochs);

    /// <summary>Reads what <see cref="Name"/> writes; false for anything else.</summary>
    public static bool TryParse(string text, out RateSchedule schedule)
    {
        string[] halves = text.Split('+', 2);
        RateSchedule? read = WarmUpSchedule.EpochsOf(halves[0]) is { } epochs
            ? (halves is [_, var then] ? Plain(then) : Constant) is { } after ? new WarmUpSchedule(epochs, after) : null
            : Plain(text);
        schedule = read ?? Constant;
        return read is not null;
    }

    /// <inheritdoc cref="FactorAt"/>
    /// <param name="epoch">0 .. <paramref name="epochs"/> - 1.</param>
    internal abstract double Factor(int epoch, int epochs);

    private static RateSchedule? Plain(string text)
    {
        string[] parts = text.Split(':');
        return s_all.Select(one => one.Read(parts)).FirstOrDefault(read => read is not null);
    }
}

internal sealed record ConstantSchedule : RateSchedule
{
    public override string Name => "constant";

    internal override double Factor(int epoch, int epochs) => 1;
}

/// <summary>Times <paramref name="By"/> after every <paramref name="Every"/> epochs, as PyTorch's StepLR.</summary>
internal sealed record StepSchedule(int Every, double By) : RateSchedule
{
    public override string Name => $"step:{Every}:{By.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e')}";

    public static RateSchedule? Read(string[] parts) =>
        parts is ["step", var every, var by] && int.TryParse(every, NumberStyles.None, CultureInfo.InvariantCulture, out int epochs)
            && epochs >= 1 && double.TryParse(by, NumberStyles.Float, CultureInfo.InvariantCulture, out double factor)
            && factor is > 0 and <= 1
            ? new StepSchedule(epochs, factor)
            : null;

    internal override double Factor(int epoch, int epochs)
    {
        // By multiplication: a library's power differs between platforms in the last bit.
        double factor = 1;
        for (int i = 0; i < epoch / Every && factor > 0; i++)
            factor *= By;
        return factor;
    }
}

/// <summary>
/// (1 + cos(pi epoch / epochs)) / 2, as PyTorch's CosineAnnealingLR over all epochs with an end of 0, which it does not reach.
/// </summary>
internal sealed record CosineSchedule : RateSchedule
{
    public override string Name => "cosine";

    internal override double Factor(int epoch, int epochs) => PortableMath.RaisedCosine(epoch, epochs);
}

/// <summary>
/// (epoch + 1) / <paramref name="Epochs"/> in the first epochs; then another schedule over those that are left, which begins there.
/// </summary>
internal sealed record WarmUpSchedule(int Epochs, RateSchedule Then) : RateSchedule
{
    public override string Name => $"warmup:{Epochs}{(Then == Constant ? "" : $"+{Then.Name}")}";

    /// <summary>Of <c>warmup:5</c>; null for anything else.</summary>
    public static int? EpochsOf(string text) =>
        text.Split(':') is ["warmup", var epochs] && int.TryParse(epochs, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= 1 ? number : null;

    internal override double Factor(int epoch, int epochs) =>
        epoch < Epochs ? (epoch + 1.0) / Epochs : Then.Factor(epoch - Epochs, epochs - Epochs);
}
