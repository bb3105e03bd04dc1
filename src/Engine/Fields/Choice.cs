namespace GpuMlp.Engine.Fields;

/// <summary>Names to choose from, as messages and help write them.</summary>
internal static class Choice
{
    /// <summary><c>layer, global or random</c></summary>
    public static string Of(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return $"{string.Join(", ", all[..^1])} or {all[^1]}";
    }
}
