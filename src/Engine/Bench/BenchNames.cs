namespace GpuMlp.Engine.Bench;

/// <summary>What operations, forms and masks are called in flags and files.</summary>
public static class BenchNames
{
    public static string Of(BenchOp op) => op switch
    {
        BenchOp.Forward => "forward",
        BenchOp.Backward => "backward",
        _ => "saliency",
    };

    public static string Of(BenchForm form) => form switch
    {
        BenchForm.Dense => "dense",
        BenchForm.Masked => "masked",
        BenchForm.WeightSparse => "weight-sparse",
        BenchForm.InputSparse => "input-sparse",
        _ => "outside",
    };

    public static string Of(BenchMasks masks) => masks switch
    {
        BenchMasks.Magnitude => "magnitude",
        BenchMasks.Uniform => "uniform",
        _ => "file",
    };

    /// <summary>Reads a list such as <c>dense,weight-sparse</c>, in the order written.</summary>
    /// <param name="flag">For messages.</param>
    /// <param name="text">As typed.</param>
    /// <param name="all">What may stand in it.</param>
    /// <param name="name">The name of a value.</param>
    /// <exception cref="UserErrorException">An unknown name, or one given twice.</exception>
    public static IReadOnlyList<T> List<T>(string flag, string text, IReadOnlyList<T> all, Func<T, string> name)
        where T : struct, Enum
    {
        var items = new List<T>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            T[] named = [.. all.Where(value => name(value) == part)];
            if (named.Length == 0)
                throw new UserErrorException($"{flag}: '{part}' is unknown; must be some of {string.Join(", ", all.Select(name))}");
            if (items.Contains(named[0]))
                throw new UserErrorException($"{flag}: {part} occurs twice; name every one once");
            items.Add(named[0]);
        }
        return items;
    }
}
