using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GpuMlp.Engine.Splits;

namespace GpuMlp.Engine.Sweeps;

/// <summary>plan.json: one line of head and spec, then one line a unit.</summary>
public static class PlanJson
{
    /// <summary>The file's text, UTF-8, with LF ends of line.</summary>
    public static byte[] Write(Plan plan) => Write(plan, withHash: true);

    /// <summary>Reads a plan and checks it against its hash.</summary>
    /// <param name="where">The file, for messages.</param>
    /// <exception cref="UserErrorException">The text is damaged, changed by hand, or of a newer format.</exception>
    public static Plan Read(ReadOnlyMemory<byte> utf8, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8);
            JsonElement root = document.RootElement;
            int format = root.GetProperty("format").GetInt32();
            if (format != Plan.CurrentFormat)
            {
                throw new UserErrorException(
                    $"{where}: plan format {format}; this gpumlp reads format {Plan.CurrentFormat}, use the gpumlp that made the run");
            }

            SweepSpec spec = SpecJson.Read(root.GetProperty("spec"), Presets.Paper, where);
            Plan plan = new(
                format,
                spec,
                root.GetProperty("data_sha256").GetString() ?? throw Damaged(where, null),
                [.. root.GetProperty("units").EnumerateArray().Select(unit => ReadUnit(unit, where))],
                root.GetProperty("plan_hash").GetString() ?? throw Damaged(where, null));
            return HashOf(plan) == plan.Hash ? plan : throw Damaged(where, null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(where, e);
        }
    }

    /// <summary>SHA-256 over the canonical text: the file's text without the field <c>plan_hash</c>.</summary>
    internal static string HashOf(Plan plan) => Convert.ToHexStringLower(SHA256.HashData(Write(plan, withHash: false)));

    private static WorkUnit ReadUnit(JsonElement unit, string where) => new(
        unit.GetProperty("id").GetInt32(),
        PairTask.TryParse(unit.GetProperty("task").GetString() ?? "", out PairTask task) ? task : throw Damaged(where, null),
        unit.GetProperty("seed").GetInt32(),
        unit.GetProperty("first_model").GetInt32(),
        unit.GetProperty("model_count").GetInt32(),
        unit.TryGetProperty("variant", out JsonElement variant) ? variant.GetInt32() : 0);

    private static byte[] Write(Plan plan, bool withHash)
    {
        using MemoryStream stream = new();
        stream.Write("{"u8);
        WriteLine($"\"format\":{plan.FormatVersion},");
        if (withHash)
        {
            WriteLine($"\"plan_hash\":{JsonSerializer.Serialize(plan.Hash)},");
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
        return stream.ToArray();

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
