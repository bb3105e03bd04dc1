using System.Text.Encodings.Web;
using System.Text.Json;

namespace GpuMlp.Runner.Streams;

/// <summary>What a command tells programs: one object on stdout, in the fields that docs/run.md promises.</summary>
internal static class JsonText
{
    /// <summary>Raised when a field goes or changes its meaning; new ones may come at any time.</summary>
    public const int Format = 1;

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="told">Names become snake_case; numbers that are not finite are not allowed.</param>
    public static void Write<T>(TextWriter writer, T told) => writer.WriteLine(JsonSerializer.Serialize(told, s_options));
}
