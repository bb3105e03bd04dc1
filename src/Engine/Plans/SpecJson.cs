using System.Text;
using System.Text.Json;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>
/// A spec as JSON, in plans, and with more ways to write it in a <see cref="SpecFile"/>:
/// <c>{"data":"mnist","tasks":["4v9"],"hidden":[4,24],"seeds":[0],"lr":[0.03],"epochs":20,"batch":"full","init_std":0.1,
/// "sparsity":[0.5,0.95],"pruning":["layer"],"corruption":["gaussian:0.1","blur:1"],
/// "embedding":["4v9"],"similarity":["gradient"],"similarity_images":32}</c>. Epochs, batch, init_std and weight_decay are one value or a
/// list.
/// </summary>
public static class SpecJson
{
    /// <summary>Writes every field, in a fixed order and without blanks if the writer does not indent.</summary>
    public static void Write(Utf8JsonWriter writer, SweepSpec spec) => FieldJson.Write(writer, AnalysisList.Fields, spec);

    /// <summary>What <see cref="Write"/> writes: two sweeps with the same text are the same sweep.</summary>
    public static string TextOf(SweepSpec spec)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            Write(writer, spec);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads what <see cref="Write"/> wrote, with every field that it always writes; the result is not validated.</summary>
    /// <inheritdoc cref="Read"/>
    internal static SweepSpec ReadWhole(JsonElement element, string where, string prefix)
    {
        SweepSpec spec = Read(element, new SweepSpec(), where, prefix);
        bool IsMissing(Field<SweepSpec> field) => field is { IsYounger: false, PartOf: null } && !element.TryGetProperty(field.Name, out _);
        return AnalysisList.Fields.FirstOrDefault(IsMissing) is { } missing
            ? throw new UserErrorException($"{where}: {prefix}{missing.Name}: missing")
            : spec;
    }

    /// <summary>Reads the fields that are there; the result is not validated.</summary>
    /// <param name="where">The file, for messages.</param>
    /// <param name="prefix">Where in the file, for messages: put before each field.</param>
    /// <exception cref="UserErrorException">A field is unknown, occurs twice or holds the wrong kind of value.</exception>
    internal static SweepSpec Read(JsonElement element, SweepSpec baseSpec, string where, string prefix = "")
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new UserErrorException(
                $"{where}: {prefix.Replace(".", ": ")}not a JSON object; must be as {{\"tasks\": [\"4v9\"], \"hidden\": [4, 24]}}");
        }

        (SweepSpec spec, IReadOnlySet<string> seen) = FieldJson.Read(
            element, AnalysisList.Fields, baseSpec, field => $"{where}: {prefix}{OneLine.Of(field)}");

        // Not taken over from a preset: its tasks and rates may be others than those of the file.
        return seen.Contains("rate_grid") || seen.Contains("rate_tasks") ? spec : spec.WithoutRates();
    }
}
