using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>
/// plan.json: lines of head and spec, then one line a unit. Written unit by unit, so that a plan of a million units takes
/// little more memory than its units. <see cref="PlanReader"/> reads it.
/// </summary>
public static class PlanJson
{
    private const int BufferSize = 1 << 16;

    /// <summary>The file's text, UTF-8, with LF ends of line.</summary>
    public static byte[] Write(Plan plan)
    {
        using MemoryStream stream = new();
        Write(plan, stream);
        return stream.ToArray();
    }

    /// <inheritdoc cref="Write(Plan)"/>
    public static void Write(Plan plan, Stream stream) => Write(plan, stream, whole: true);

    /// <summary>
    /// SHA-256 over the canonical text: the file's text without the fields <c>plan_hash</c>, <c>shards</c>, <c>saliency</c> and
    /// <c>saliency_method</c>, and with <see cref="Plan.HashedFormat"/>. Who does a unit and what is drawn of it changes nothing in its
    /// result, so any sharding is the same plan and its files have the same bytes.
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

    private static void Write(Plan plan, Stream output, bool whole)
    {
        BufferedStream stream = new(output, BufferSize);
        stream.Write("{"u8);
        WriteLine($"\"format\":{(whole ? plan.FormatVersion : Plan.HashedFormat)},");
        if (whole)
        {
            WriteLine($"\"plan_hash\":{JsonSerializer.Serialize(plan.Hash)},");
            WriteLine($"\"shards\":{plan.Shards},");
            foreach (Field<PictureChoice> field in PictureChoice.Fields)
                WriteLine($"{FieldJson.Text(field, plan.Pictures)},");
        }

        WriteLine($"\"data_sha256\":{JsonSerializer.Serialize(plan.DataSha256)},");
        if (plan.TestSha256 is { } test)
            WriteLine($"\"test_sha256\":{JsonSerializer.Serialize(test)},");
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
                + $"\"first_model\":{unit.FirstModel},\"model_count\":{unit.ModelCount}{Variant(unit)}}}"
                + $"{(i + 1 < plan.Units.Count ? "," : "")}");
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
}
