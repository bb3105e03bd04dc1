using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace GpuMlp.Engine.Plans;

/// <summary>The text of a spec file, JSON or YAML, as JSON, and the line on which each property stands.</summary>
/// <param name="Root">Whatever the file holds.</param>
/// <param name="Lines">From 1, by path: <c>hidden</c>, <c>sweeps[1].hidden</c>.</param>
internal sealed partial record SpecText(JsonElement Root, IReadOnlyDictionary<string, int> Lines)
{
    // An alias may repeat what is itself repeated: a few lines would become any number of values.
    private const int MostBytes = 8 << 20, MostDepth = 16;

    private static readonly JsonDocumentOptions s_lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private static readonly JsonReaderOptions s_lenientReader = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>YAML by the file's ending, <c>.yaml</c> or <c>.yml</c>; else JSON, with comments and trailing commas.</summary>
    /// <exception cref="UserErrorException">Not such a text; one line that names the file and the line.</exception>
    public static SpecText Read(byte[] bytes, string path) =>
        Path.GetExtension(path).ToLowerInvariant() is ".yaml" or ".yml" ? Yaml(bytes, path) : Json(bytes, path);

    private static SpecText Json(byte[] bytes, string path)
    {
        try
        {
            ReadOnlyMemory<byte> json = TextBytes.WithoutMark(bytes);
            TextBytes.CheckJson(json.Span, path, s_lenientReader);
            using JsonDocument document = JsonDocument.Parse(json, s_lenient);
            Dictionary<string, int> lines = [];
            Utf8JsonReader reader = new(json.Span, s_lenientReader);
            reader.Read();
            new Walk(json.Span, lines).Value(ref reader, "");
            return new SpecText(document.RootElement.Clone(), lines);
        }
        catch (JsonException e)
        {
            throw new UserErrorException(
                $"{path}: line {e.LineNumber + 1} is not valid JSON; must be as {{\"tasks\": [\"4v9\"], \"hidden\": [4, 24]}}", inner: e);
        }
    }

    private static SpecText Yaml(byte[] bytes, string path)
    {
        TextBytes.CheckUtf8(bytes, path);
        YamlStream yaml = [];
        Parser parser = new(new StringReader(Encoding.UTF8.GetString(TextBytes.WithoutMark(bytes).Span)));
        try
        {
            yaml.Load(parser);
        }
        catch (InvalidOperationException e)
        {
            // How the library ends at some lists that are not closed.
            throw new UserErrorException($"{path}: line {parser.Current?.End.Line ?? 1}: not valid YAML (a bracket is open)", inner: e);
        }
        catch (YamlException e)
        {
            throw new UserErrorException($"{path}: line {e.Start.Line}: not valid YAML ({OneLine.Of(e.Message).TrimEnd('.')})", inner: e);
        }

        if (yaml.Documents.Count != 1)
        {
            throw new UserErrorException(
                $"{path}: {yaml.Documents.Count} YAML documents; must be one, with a list `sweeps` for several sweeps");
        }

        Dictionary<string, int> lines = [];
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            WriteYaml(writer, yaml.Documents[0].RootNode, "", 0, lines, path);
        using JsonDocument document = JsonDocument.Parse(stream.ToArray());
        return new SpecText(document.RootElement.Clone(), lines);
    }

    private static void WriteYaml(
        Utf8JsonWriter writer, YamlNode node, string at, int depth, Dictionary<string, int> lines, string path)
    {
        if (depth > MostDepth || writer.BytesCommitted + writer.BytesPending > MostBytes)
            throw new UserErrorException($"{path}: line {node.Start.Line}: too deep or too large; must be a few lists in each other");
        switch (node)
        {
            case YamlMappingNode map:
                writer.WriteStartObject();
                foreach ((YamlNode key, YamlNode value) in map.Children)
                {
                    if (key is not YamlScalarNode { Value: { } name })
                        throw new UserErrorException($"{path}: line {key.Start.Line}: a key that is no name; must be a field of sweeps");
                    string below = Below(at, name);
                    lines.TryAdd(below, (int)key.Start.Line);
                    writer.WritePropertyName(name);
                    WriteYaml(writer, value, below, depth + 1, lines, path);
                }

                writer.WriteEndObject();
                break;
            case YamlSequenceNode list:
                writer.WriteStartArray();
                for (int i = 0; i < list.Children.Count; i++)
                    WriteYaml(writer, list.Children[i], list.Children[i] is YamlScalarNode ? "" : $"{at}[{i}]", depth + 1, lines, path);
                writer.WriteEndArray();
                break;
            default:
                WriteScalar(writer, (YamlScalarNode)node);
                break;
        }
    }

    // The core schema of YAML 1.2, as far as sweeps have use for it: `no` is a word there.
    private static void WriteScalar(Utf8JsonWriter writer, YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        bool isPlain = scalar.Style is ScalarStyle.Plain or ScalarStyle.Any;
        if (isPlain && text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE")
            writer.WriteBooleanValue(text is ['t' or 'T', ..]);
        else if (isPlain && text is "" or "null" or "Null" or "NULL" or "~")
            writer.WriteNullValue();
        else if (isPlain && JsonNumber().IsMatch(text))
            writer.WriteRawValue(text);
        else if (isPlain && YamlNumber().IsMatch(text) && double.TryParse(text, CultureInfo.InvariantCulture, out double number))
            writer.WriteRawValue(number.ToString("R", CultureInfo.InvariantCulture));
        else
            writer.WriteStringValue(text);
    }

    private static string Below(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$")]
    private static partial Regex JsonNumber();

    // What JSON does not have besides: a sign +, no digit before or behind the point.
    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9]*|(?=\.[0-9]))(\.[0-9]*)?([eE][+-]?[0-9]+)?$")]
    private static partial Regex YamlNumber();

    /// <summary>Goes through JSON once and counts lines on the way.</summary>
    private ref struct Walk(ReadOnlySpan<byte> json, Dictionary<string, int> lines)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _at, _line = 1;

        /// <param name="reader">At the beginning of a value; afterwards at its end.</param>
        /// <param name="path">Of the value.</param>
        public void Value(ref Utf8JsonReader reader, string path)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    int start = (int)reader.TokenStartIndex;
                    _line += _json[_at..start].Count((byte)'\n');
                    _at = start;
                    string below = Below(path, reader.GetString()!);
                    lines.TryAdd(below, _line);
                    reader.Read();
                    Value(ref reader, below);
                }
            }
            else if (reader.TokenType == JsonTokenType.StartArray)
            {
                for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                {
                    // Lists of millions of numbers have no places of their own.
                    Value(ref reader, reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? $"{path}[{i}]" : "");
                }
            }
        }
    }
}
