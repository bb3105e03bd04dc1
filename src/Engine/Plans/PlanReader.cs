using System.Buffers;
using System.Text.Json;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>
/// Reads plan.json. What it lets through is a plan that <see cref="Plan.Create"/> could have made: the rest of the program
/// trusts it with memory and with file names.
/// </summary>
public static class PlanReader
{
    // A million units take some 100 MB, and a spec of ten million items as much.
    private const int MaxFileBytes = 256 << 20;

    private const string ByHand = "damaged or changed by hand; restore the file or use another --out";

    // All but the one that data without test files lack.
    private static readonly string[] s_fields = ["format", "plan_hash", "shards",
        .. PictureChoice.Fields.Select(field => field.Name), "data_sha256", "spec", "units"];

    private static readonly SearchValues<byte> s_hexDigits = SearchValues.Create("0123456789abcdef"u8);

    // The last one is left out where there is one variant.
    private static readonly string[] s_unitFields = ["id", "task", "seed", "first_model", "model_count", "variant"];

    /// <summary>Reads and checks a plan.</summary>
    /// <exception cref="UserErrorException">
    /// One line that names the file and the field: not a plan, damaged, changed by hand, or of a newer format. See also
    /// <see cref="StorageErrors.Map"/>.
    /// </exception>
    public static Plan ReadFile(string path)
    {
        try
        {
            byte[] utf8 = TextBytes.ReadAtMost(path, MaxFileBytes)
                ?? throw new UserErrorException($"{path}: larger than {MaxFileBytes >> 20} MiB; must be the plan.json of a run");
            return Read(utf8, path);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, path);
        }
    }

    /// <inheritdoc cref="ReadFile"/>
    /// <param name="where">The file, for messages.</param>
    public static Plan Read(ReadOnlyMemory<byte> utf8, string where)
    {
        try
        {
            TextBytes.CheckJson(utf8.Span, where, default);
            return Checked(ReadFields(utf8.Span, where), where);
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{where}: line {e.LineNumber + 1} is not valid JSON, {ByHand}", inner: e);
        }
    }

    private static Plan ReadFields(ReadOnlySpan<byte> utf8, string where)
    {
        Utf8JsonReader reader = new(utf8);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new UserErrorException($"{where}: not a JSON object, {ByHand}");
        HashSet<string> seen = [];
        (int format, int shards, string hash, string data) = (0, 0, "", "");
        string? test = null;
        JsonElement spec = default;
        PictureChoice pictures = default;
        List<WorkUnit> units = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            if (!seen.Add(field))
                throw Wrong(where, field, "occurs twice; must be there once");
            reader.Read();
            switch (field)
            {
                case "format":
                    format = Integer(ref reader, where, field);
                    if (format != Plan.CurrentFormat)
                    {
                        throw new UserErrorException(
                            $"{where}: format: {format}; this gpumlp reads format {Plan.CurrentFormat}, use the gpumlp that made the run");
                    }

                    break;
                case "plan_hash":
                    hash = Sha256(ref reader, where, field);
                    break;
                case "data_sha256":
                    data = Sha256(ref reader, where, field);
                    break;
                case "test_sha256":
                    test = Sha256(ref reader, where, field);
                    break;
                case "shards":
                    shards = Integer(ref reader, where, field);
                    break;
                case "spec":
                    spec = JsonElement.ParseValue(ref reader);
                    break;
                case "units":
                    ReadUnits(ref reader, where, units);
                    break;
                default:
                    Field<PictureChoice> picture =
                        PictureChoice.Fields.FirstOrDefault(one => one.Name == field) ?? throw Wrong(where, field, "unknown field");
                    if (picture.Read(JsonElement.ParseValue(ref reader), ref pictures) is { } problem)
                        throw Wrong(where, field, problem);
                    break;
            }
        }

        // Throws where something follows.
        reader.Read();
        if (s_fields.FirstOrDefault(field => !seen.Contains(field)) is { } missing)
            throw Wrong(where, missing, "missing");
        Plan plan = new(format, SpecJson.ReadWhole(spec, where, "spec."), data, units, hash);
        return plan with { Shards = shards, Pictures = pictures, TestSha256 = test };
    }

    private static Plan Checked(Plan plan, string where)
    {
        Func<string, string> name = field => $"{where}: spec.{field}";
        SpecValidator.Validate(plan.Spec, name);
        SpecValidator.CheckSize(plan.Spec, name);
        if (PlanCheck.Units(plan.Spec, plan.Units) is { } wrong)
            throw Wrong(where, wrong.Field, wrong.Problem);
        if (plan.Shards < 1 || plan.Shards > plan.Units.Count)
            throw Wrong(where, "shards", $"{plan.Shards}; must be 1 to {plan.Units.Count}, the number of units");
        if (!plan.Pictures.IsOf(plan.Spec))
            throw Wrong(where, "saliency", $"{plan.Pictures.Hidden}; must be a hidden size of the plan, or 0 for no pictures");
        return PlanJson.HashOf(plan) is var hash && hash == plan.Hash
            ? plan
            : throw Wrong(where, "plan_hash", $"{plan.Hash[..12]}..., but what it stands for has {hash[..12]}...");
    }

    private static void ReadUnits(ref Utf8JsonReader reader, string where, List<WorkUnit> units)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Wrong(where, "units", "must be a list");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (units.Count == Plan.MaxUnits)
                throw Wrong(where, "units", $"more than {Plan.MaxUnits}");
            units.Add(ReadUnit(ref reader, where, $"units[{units.Count}]"));
        }
    }

    private static WorkUnit ReadUnit(ref Utf8JsonReader reader, string where, string unit)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Wrong(where, unit, "must be an object");
        Span<int> values = stackalloc int[s_unitFields.Length];
        ClassTask? task = null;
        int seen = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int field = 0;
            while (field < s_unitFields.Length && !reader.ValueTextEquals(s_unitFields[field]))
                field++;
            string name = field < s_unitFields.Length ? s_unitFields[field] : reader.GetString()!;
            if (field == s_unitFields.Length)
                throw Wrong(where, $"{unit}.{name}", "unknown field");
            if ((seen & (1 << field)) != 0)
                throw Wrong(where, $"{unit}.{name}", "occurs twice; must be there once");
            seen |= 1 << field;
            reader.Read();
            if (name == "task")
                task = Task(ref reader) ?? throw Wrong(where, $"{unit}.task", "must be a text as \"4v9\"");
            else
                values[field] = Integer(ref reader, where, $"{unit}.{name}");
        }

        for (int field = 0; field < s_unitFields.Length - 1; field++)
        {
            if ((seen & (1 << field)) == 0)
                throw Wrong(where, $"{unit}.{s_unitFields[field]}", "missing");
        }

        return new WorkUnit(values[0], task!, values[2], values[3], values[4], values[5]);
    }

    private static int Integer(ref Utf8JsonReader reader, string where, string field) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int number)
            ? number
            : throw Wrong(where, field, "must be a whole number");

    private static ClassTask? Task(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && ClassTask.TryParse(reader.GetString()!, out ClassTask? task) ? task : null;

    // It names the run in messages by its first digits.
    private static string Sha256(ref Utf8JsonReader reader, string where, string field) =>
        reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length == 64 && !reader.ValueSpan.ContainsAnyExcept(s_hexDigits)
            ? reader.GetString()!
            : throw Wrong(where, field, "must be a SHA-256 as 64 hexadecimal digits");

    private static UserErrorException Wrong(string where, string field, string problem) =>
        new($"{where}: {OneLine.Of(field)}: {problem}, {ByHand}");
}
