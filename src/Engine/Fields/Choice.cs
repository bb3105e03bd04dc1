namespace GpuMlp.Engine.Fields;

/// <summary>Names to choose from, as messages and help write them.</summary>
public static class Choice
{
    /// <summary><c>layer, global or random</c></summary>
    public static string Of(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return all.Length == 1 ? all[0] : $"{string.Join(", ", all[..^1])} or {all[^1]}";
    }
}
