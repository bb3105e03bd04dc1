using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Plans;

/// <summary>A plan that is read is one that planning could have made, whatever its hash says.</summary>
public sealed class PlanReaderTests
{
    // Two tasks of which one has the rate grid, two variants, two units a cohort and one or two of rates.
    private static readonly SweepSpec s_spec = Presets.Paper with
    {
        Tasks = [new ClassTask(0, 1), new ClassTask(4, 9)],
        Seeds = [0, 7],
        Hidden = [2, 4, 1000],
        Epochs = [20, 5],
        WeightDecays = [1e-3],
        FinetuneEpochs = 1,
        Rewind = true,
        RateGrid = [0.1],
    };

    private static readonly Plan s_plan =
        Plan.Create(s_spec, SampleRun.DataHash, 784, (_, _) => new(9344), unitFlop: 1e12) with { Shards = 3 };

    private static readonly string s_text = Encoding.UTF8.GetString(PlanJson.Write(s_plan));

    /// <summary>What a mutation puts in place of a value; null takes the field out.</summary>
    private static readonly string?[] s_values =
        [null, "null", "-1", "0", "0.5", "-0.5", "2147483647", "2147483648",
            "1e300", "1e999", "\"\"", "\"x\"", "\"9v4\"", "[]", "[[]]", "{}", "true", "false"];

    [Fact]
    public void Every_field_changed_in_any_way_is_refused_by_name_or_makes_another_plan()
    {
        Assert.Equal(s_text, TextOf(Root()));
        int refused = 0, taken = 0;
        foreach (string path in PathsOf(Root(), "").Where(path => path != "plan_hash"))
        {
            foreach (string? value in s_values.Append("twice"))
            {
                JsonNode root = Root();
                Mutate(root, path, value);
                string text = WithHash(TextOf(root));
                if (Check(text, path))
                    taken++;
                else
                    refused++;
            }
        }

        // Most changes cannot be; another rate, spread or corruption in its place is a plan as well.
        Assert.InRange(refused, 1000, int.MaxValue);
        Assert.InRange(taken, 20, refused / 5);
    }

    [Fact]
    public void Every_field_that_occurs_twice_or_is_unknown_is_refused_by_name()
    {
        foreach (string field in PathsOf(Root(), "").Select(path => Regex.Match(path, "[a-z_0-9]+$").Value)
            .Where(field => field.Length > 0 && !char.IsDigit(field[0]))
            .Distinct())
        {
            string value = Regex.Match(s_text, $"\"{field}\":(\"[^\"]*\"|[0-9.]+|\\[[^\\]]*\\]|true|{{.*}})").Groups[1].Value;
            string twice = new Regex($"\"{field}\":").Replace(s_text, $"\"{field}\":{value},\"{field}\":", 1);
            Assert.Matches($"^plan.json: (spec\\.|units\\[0\\]\\.)?{field}: ", Refused(WithHash(twice)));
            string unknown = new Regex($"\"{field}\":").Replace(s_text, $"\"new\\n{field}\":1,\"{field}\":", 1);
            Assert.Matches($"^plan.json: (spec\\.|units\\[0\\]\\.)?new.{field}: unknown field", Refused(WithHash(unknown)));
        }
    }

    [Theory]
    [InlineData("\"batch\":\"full\"", "\"batch\":0", "spec.batch: 0 is out of range")]
    [InlineData(
        "\"id\":1,",
        "\"id\":2,",
        "units[1].id: 2; must be 1 here, damaged or changed by hand; restore the file or use another --out")]
    [InlineData("\"model_count\":2", "\"model_count\":0", "units[0].model_count: 0; must be 1 to 3 here")]
    [InlineData("\"model_count\":2", "\"model_count\":3", "units[1].variant: 0; must be 1 here")]
    [InlineData("\"task\":\"4v9\",\"seed\":7", "\"task\":\"3v9\",\"seed\":7", "units[13].task: 3v9; must be 4v9 here")]
    [InlineData("\"format\":5", "\"format\":6", "format: 6; this gpumlp reads format 5")]
    [InlineData("\"shards\":3", "\"shards\":300", "shards: 300; must be 1 to 18, the number of units")]
    [InlineData("\"embedding\":[\"4v9\"]", "\"embedding\":[\"4v8\"]", "spec.embedding: 4v8 is not trained")]
    [InlineData("\"data\":\"mnist\"", "\"data\":\"\\ud800\"", "line 7: a text with half a surrogate pair")]
    public void A_fault_is_told_by_its_field_and_what_it_must_be(string old, string @new, string message)
    {
        Assert.Contains(old, s_text);
        Assert.StartsWith($"plan.json: {message}", Refused(WithHash(new Regex(Regex.Escape(old)).Replace(s_text, @new, 1))));
    }

    [Fact]
    public void A_plan_with_a_hash_of_another_one_is_refused()
    {
        string text = s_text.Replace("\"similarity_images\":32", "\"similarity_images\":33");
        Assert.Matches("^plan.json: plan_hash: [0-9a-f]{12}..., but what it stands for has [0-9a-f]{12}", Refused(text));
        Assert.StartsWith("plan.json: plan_hash: must be a SHA-256", Refused(s_text.Replace(s_plan.Hash, s_plan.Hash.ToUpperInvariant())));
    }

    [Fact]
    public void Units_that_are_missing_repeated_or_in_another_order_are_refused()
    {
        JsonNode root = Root();
        JsonArray units = root["units"]!.AsArray();
        JsonNode last = units[^1]!;
        units.Remove(last);
        Assert.StartsWith(
            "plan.json: units: end after 17; another for 4v9, seed 7, from model 2 on must follow",
            Refused(WithHash(TextOf(root))));
        units.Insert(0, last);
        Assert.StartsWith("plan.json: units[0].id: 17; must be 0 here", Refused(WithHash(TextOf(root))));
        units.Clear();
        Assert.StartsWith("plan.json: units: end after 0", Refused(WithHash(TextOf(root))));
    }

    [Fact]
    public void A_plan_of_more_models_than_any_sweep_has_costs_no_memory()
    {
        string seeds = string.Join(',', Enumerable.Range(0, 200_000));
        string text = Regex.Replace(s_text, "\"seeds\":\\[[^\\]]*\\]", $"\"seeds\":[{seeds}]")
            .Replace("\"epochs\":[20,5]", "\"epochs\":[1,2,3,4,5,6,7,8,9]");
        Assert.StartsWith(
            "plan.json: spec.seeds: 200000 items, with those of the other fields",
            Refused(WithHash(text), most: 100_000_000));
    }

    [Fact]
    public void A_unit_larger_than_any_that_is_planned_is_refused()
    {
        Plan wide = Plan.Create(
            Presets.Quick with
            {
                Hidden = [.. Enumerable.Range(1, 1000)],
                LearningRates = [.. Enumerable.Range(1, 20)
                .Select(i => i / 100.0)],
                Epochs = [1]
            },
            SampleRun.DataHash,
            1,
            (_, _) => new(8));
        string text = Encoding.UTF8.GetString(PlanJson.Write(wide));
        Assert.Equal(wide.Hash, PlanReader.Read(Encoding.UTF8.GetBytes(text), "plan.json").Hash);
        Assert.True(wide.Units.Count > 1);
        string one = text[..text.IndexOf("{\"id\"", StringComparison.Ordinal)]
            + "{\"id\":0,\"task\":\"4v9\",\"seed\":0,\"first_model\":0,\"model_count\":20000}\n]}\n";
        Assert.StartsWith("plan.json: units[0].model_count: 20000; must be less", Refused(WithHash(one), most: 10_000_000));
    }

    [Fact]
    public void Any_change_of_bytes_leaves_the_same_plan_or_is_refused_in_one_line() =>
        Gen.Select(Gen.Int[0, s_text.Length - 1], Gen.Byte, Gen.Int[0, 2]).Sample((at, value, how) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(s_text);
            bytes = how switch
            {
                0 => [.. bytes[..at], value, .. bytes[(at + 1)..]],
                1 => [.. bytes[..at], value, .. bytes[at..]],
                _ => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + value)..]],
            };
            try
            {
                Plan plan = PlanReader.Read(bytes, "plan.json");
                Assert.Equal(s_text, Encoding.UTF8.GetString(PlanJson.Write(plan with { Shards = 3 })));
            }
            catch (UserErrorException fault)
            {
                Assert.StartsWith("plan.json: ", fault.Message);
                Assert.DoesNotContain(fault.Message, char.IsControl);
            }
        }, iter: 3000);

    [Fact]
    public void Other_blanks_are_the_same_plan()
    {
        Plan plan = PlanReader.Read(
            Encoding.UTF8.GetBytes(s_text.Replace("\n", "\r\n").Replace(",", " , ").Replace(":", ": ")),
            "plan.json");
        Assert.Equal((s_plan.Hash, 3), (plan.Hash, plan.Shards));
    }

    private static JsonNode Root() => JsonNode.Parse(s_text)!;

    /// <summary>Every field and the first and last item of every list.</summary>
    private static IEnumerable<string> PathsOf(JsonNode node, string path) => node switch
    {
        JsonObject fields => fields.SelectMany(field =>
            PathsOf(field.Value!, path.Length == 0 ? field.Key : $"{path}.{field.Key}").Prepend(
                path.Length == 0 ? field.Key : $"{path}.{field.Key}")),
        JsonArray items => new[] { 0, items.Count - 1 }.Distinct()
            .SelectMany(i => PathsOf(items[i]!, $"{path}[{i}]").Prepend($"{path}[{i}]")),
        _ => [],
    };

    private static void Mutate(JsonNode root, string path, string? value)
    {
        MatchCollection steps = Regex.Matches(path, "[a-z_0-9]+");
        JsonNode parent = root;
        foreach (Match step in steps.SkipLast(1))
            parent = parent is JsonArray items ? items[int.Parse(step.Value)]! : parent[step.Value]!;
        string last = steps[^1].Value;
        if (parent is JsonArray list)
        {
            int at = int.Parse(last);
            JsonNode? copy = value == "twice" ? list[at]!.DeepClone() : null;
            if (value is null)
                list.RemoveAt(at);
            else if (copy is not null)
                list.Insert(at, copy);
            else
                list[at] = JsonNode.Parse(value);
        }
        else if (value is null)
        {
            parent.AsObject().Remove(last);
        }
        else
        {
            JsonNode old = parent[last]!.DeepClone();
            parent[last] = value == "twice" ? new JsonArray(old, old.DeepClone()) : JsonNode.Parse(value);
        }
    }

    /// <summary>As <see cref="PlanJson"/> lays it out, so that the hash can be made to fit.</summary>
    private static string TextOf(JsonNode root) => "{" + string.Join(",\n", root.AsObject().Select(field =>
        $"\"{field.Key}\":" + (field.Key == "units" && field.Value is JsonArray units
            ? $"[\n{string.Concat(units.Select((unit, i) => $"{unit?.ToJsonString() ?? "null"}{(i + 1 < units.Count ? "," : "")}\n"))}]"
            : field.Value?.ToJsonString() ?? "null"))) + "}\n";

    private static string WithHash(string text)
    {
        string hashed = Regex.Replace(text, "\"(plan_hash|shards|saliency|saliency_method)\":.*\n", "")
            .Replace($"\"format\":{Plan.CurrentFormat}", $"\"format\":{Plan.HashedFormat}");
        return text.Replace(s_plan.Hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hashed))));
    }

    /// <summary>True for a plan that says what its text says, false for a refusal that names the field.</summary>
    private static bool Check(string text, string path)
    {
        try
        {
            Plan plan = PlanReader.Read(Encoding.UTF8.GetBytes(text), "plan.json");

            // Left out or given as a list of one: the same plan in other words, whose hash is that of the usual words.
            string written = Encoding.UTF8.GetString(PlanJson.Write(plan));
            Assert.True(written == text || plan.Hash == s_plan.Hash, path);
            SpecValidator.Validate(plan.Spec);
            return true;
        }
        catch (UserErrorException fault)
        {
            Assert.Equal(ExitCodes.BadInput, fault.ExitCode);
            Assert.DoesNotContain(fault.Message, char.IsControl);

            // A list of the spec that is sound in itself is wrong beside another list, the units, or the hash of what it says.
            string field = Regex.Match(path, "^(spec\\.[a-z_]+|units|[a-z_0-9]+)").Value;
            string named = Regex.Match(fault.Message, "^plan.json: ([a-z_0-9.]+)[^:]*: ").Groups[1].Value;
            Assert.True(
                named.Length > 0 && (named == field || named.StartsWith("units", StringComparison.Ordinal) || named == "plan_hash"
                    || (field.StartsWith("spec", StringComparison.Ordinal) && named.StartsWith("spec", StringComparison.Ordinal))),
                $"{path}: {fault.Message}");
            return false;
        }
    }

    private static string Refused(string text, int most = 2_000_000)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        UserErrorException fault = Assert.Throws<UserErrorException>(() => PlanReader.Read(bytes, "plan.json"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, most);
        Assert.Equal(ExitCodes.BadInput, fault.ExitCode);
        Assert.DoesNotContain(fault.Message, char.IsControl);
        return fault.Message;
    }
}
