using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

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
        Converters = { new FiniteNumbers() },
    };

    /// <param name="told">Names become snake_case; a number that is not finite becomes null.</param>
    public static void Write<T>(TextWriter writer, T told) => writer.WriteLine(JsonSerializer.Serialize(told, s_options));

    // JSON has no word for a figure that there is not; readers know null.
    private sealed class FiniteNumbers : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
