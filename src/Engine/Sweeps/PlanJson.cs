using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GpuMlp.Engine.Splits;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// plan.json: lines of head and spec, then one line a unit. Written and read unit by unit, so that a plan of a million units
/// takes little more memory than its units.
/// </summary>
public static class PlanJson
{
    private const int BufferSize = 1 << 16;

    // In the head no line break stands within a text, so this is found once only.
    private static ReadOnlySpan<byte> UnitsMark => "\"units\":[\n"u8;

    private static ReadOnlySpan<byte> EndMark => "]}"u8;

    /// <summary>The file's text, UTF-8, with LF ends of line.</summary>
    public static byte[] Write(Plan plan)
    {
        using MemoryStream stream = new();
        Write(plan, stream);
        return stream.ToArray();
    }

    /// <inheritdoc cref="Write(Plan)"/>
    public static void Write(Plan plan, Stream stream) => Write(plan, stream, whole: true);

    /// <summary>Reads a plan and checks it against its hash.</summary>
    /// <param name="where">The file, for messages.</param>
    /// <exception cref="UserErrorException">The text is damaged, changed by hand, or of a newer format.</exception>
    public static Plan Read(ReadOnlyMemory<byte> utf8, string where)
    {
        try
        {
            int mark = utf8.Span.IndexOf(UnitsMark);
            ReadOnlyMemory<byte> head = mark < 0 ? utf8 : (byte[])[.. utf8.Span[..(mark + UnitsMark.Length)], .. EndMark];
            using JsonDocument document = JsonDocument.Parse(head);
            JsonElement root = document.RootElement;
            int format = root.GetProperty("format").GetInt32();
            if (format != Plan.CurrentFormat)
            {
                throw new UserErrorException(
                    $"{where}: plan format {format}; this gpumlp reads format {Plan.CurrentFormat}, use the gpumlp that made the run");
            }

            Plan plan = new(
                format,
                SpecJson.Read(root.GetProperty("spec"), Presets.Paper, where),
                root.GetProperty("data_sha256").GetString() ?? throw Damaged(where, null),
                mark < 0 ? throw Damaged(where, null) : ReadUnits(utf8.Span[(mark + UnitsMark.Length)..], where),
                root.GetProperty("plan_hash").GetString() ?? throw Damaged(where, null))
            {
                Shards = root.TryGetProperty("shards", out JsonElement shards) ? shards.GetInt32() : 1,
            };
            bool sound = HashOf(plan) == plan.Hash && plan.Shards >= 1 && plan.Shards <= Math.Max(1, plan.Units.Count);
            return sound ? plan : throw Damaged(where, null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(where, e);
        }
    }

    /// <summary>
    /// SHA-256 over the canonical text: the file's text without the fields <c>plan_hash</c> and <c>shards</c>. Who does a
    /// unit changes nothing in its result, so any sharding is the same plan and its files have the same bytes.
    /// </summary>
    internal static string HashOf(Plan plan)
    {
        using SHA256 hash = SHA256.Create();
        using (CryptoStream stream = new(Stream.Null, hash, CryptoStreamMode.Write))
        {
            Write(plan, stream, whole: false);
        }

        return Convert.ToHexStringLower(hash.Hash!);
    }

    private static List<WorkUnit> ReadUnits(ReadOnlySpan<byte> text, string where)
    {
        List<WorkUnit> units = [];
        while (true)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (line.SequenceEqual(EndMark))
            {
                return text.IsEmpty ? units : throw Damaged(where, null);
            }

            units.Add(line.IsEmpty ? throw Damaged(where, null) : ReadUnit(line.TrimEnd((byte)','), where));
        }
    }

    private static WorkUnit ReadUnit(ReadOnlySpan<byte> line, string where)
    {
        Utf8JsonReader reader = new(line);
        WorkUnit unit = default;
        int fields = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            ReadOnlySpan<byte> name = reader.ValueSpan;
            reader.Read();
            fields++;
            unit = name.SequenceEqual("id"u8) ? unit with { Id = reader.GetInt32() }
                : name.SequenceEqual("task"u8) ? unit with { Task = PairTask.TryParse(reader.GetString() ?? "", out PairTask task) ? task : throw Damaged(where, null) }
                : name.SequenceEqual("seed"u8) ? unit with { Seed = reader.GetInt32() }
                : name.SequenceEqual("first_model"u8) ? unit with { FirstModel = reader.GetInt32() }
                : name.SequenceEqual("model_count"u8) ? unit with { ModelCount = reader.GetInt32() }
                : name.SequenceEqual("variant"u8) ? unit with { Variant = reader.GetInt32() }
                : throw Damaged(where, null);
        }

        return fields >= 5 ? unit : throw Damaged(where, null);
    }

    private static void Write(Plan plan, Stream output, bool whole)
    {
        BufferedStream stream = new(output, BufferSize);
        stream.Write("{"u8);
        WriteLine($"\"format\":{plan.FormatVersion},");
        if (whole)
        {
            WriteLine($"\"plan_hash\":{JsonSerializer.Serialize(plan.Hash)},");
            WriteLine($"\"shards\":{plan.Shards},");
        }

        WriteLine($"\"data_sha256\":{JsonSerializer.Serialize(plan.DataSha256)},");
        stream.Write("\"spec\":"u8);
        using (Utf8JsonWriter writer = new(stream))
        {
            SpecJson.Write(writer, plan.Spec);
        }

        WriteLine(",");
        WriteLine("\"units\":[");
        for (int i = 0; i < plan.Units.Count; i++)
        {
            WorkUnit unit = plan.Units[i];
            WriteLine($"{{\"id\":{unit.Id},\"task\":\"{unit.Task}\",\"seed\":{unit.Seed},"
                + $"\"first_model\":{unit.FirstModel},\"model_count\":{unit.ModelCount}{Variant(unit)}}}{(i + 1 < plan.Units.Count ? "," : "")}");
        }

        WriteLine("]}");
        stream.Flush();

        // Left out where all units are trained in one way.
        string Variant(WorkUnit unit) => plan.Variants.Count > 1 ? $",\"variant\":{unit.Variant}" : "";

        void WriteLine(string text)
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.WriteByte((byte)'\n');
        }
    }

    private static UserErrorException Damaged(string where, Exception? inner) =>
        new($"{where}: damaged or changed by hand; restore the file or use another --out", inner: inner);
}
