using System.Text.Json;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Splits;
using GpuMlp.Kernels.Prune;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// A spec as JSON, in spec files and plans:
/// <c>{"data":"mnist","tasks":["4v9"],"hidden":[4,24],"seeds":[0],"lr":[0.03],"epochs":20,"batch":"full","init_std":0.1,
/// "sparsity":[0.5,0.95],"pruning":["layer"]}</c>.
/// </summary>
public static class SpecJson
{
    private const string Fields = "data, tasks, hidden, seeds, lr, epochs, batch, init_std, sparsity, pruning";

    // A spec of ten million items is some 100 MB; anything above is not a spec.
    private const long MaxFileBytes = 256L << 20;

    /// <summary>Reads a spec file and checks it; fields that the file leaves out keep the values of <paramref name="baseSpec"/>.</summary>
    /// <exception cref="UserErrorException">One line that names the file and the field.</exception>
    public static SweepSpec ReadFile(string path, SweepSpec baseSpec)
    {
        if (Directory.Exists(path))
        {
            // The system would call it a lack of permission.
            throw new UserErrorException($"{path}: a folder; a JSON file of sweep fields is right");
        }

        byte[] bytes;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxFileBytes })
            {
                throw new UserErrorException($"{path}: larger than {MaxFileBytes >> 20} MiB; a JSON object of sweep fields is right");
            }

            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, path);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(WithoutMark(bytes), s_lenient);
            SweepSpec spec = Read(document.RootElement, baseSpec, path);
            SpecValidator.Validate(spec, field => $"{path}: {field}");
            return spec;
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path}: line {e.LineNumber + 1} is not valid JSON; {{\"tasks\": [\"4v9\"], \"hidden\": [4, 24]}} would be right", inner: e);
        }
    }

    /// <summary>Writes every field, in a fixed order and without blanks if the writer does not indent.</summary>
    public static void Write(Utf8JsonWriter writer, SweepSpec spec)
    {
        writer.WriteStartObject();
        writer.WriteString("data", spec.Data);
        WriteList("tasks", spec.Tasks, task => writer.WriteStringValue(task.ToString()));
        WriteList("hidden", spec.Hidden, writer.WriteNumberValue);
        WriteList("seeds", spec.Seeds, writer.WriteNumberValue);
        WriteList("lr", spec.LearningRates, writer.WriteNumberValue);
        writer.WriteNumber("epochs", spec.Epochs);
        if (spec.Batch is { } batch)
        {
            writer.WriteNumber("batch", batch);
        }
        else
        {
            writer.WriteString("batch", "full");
        }

        writer.WriteNumber("init_std", spec.InitStd);
        WriteList("sparsity", spec.Sparsity, writer.WriteNumberValue);
        WriteList("pruning", spec.Pruning, method => writer.WriteStringValue(PruningMethods.Name(method)));
        writer.WriteEndObject();

        void WriteList<T>(string field, IReadOnlyList<T> items, Action<T> write)
        {
            writer.WriteStartArray(field);
            foreach (T item in items)
            {
                write(item);
            }

            writer.WriteEndArray();
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; the result is not validated.</summary>
    /// <param name="where">The file, for messages.</param>
    /// <exception cref="UserErrorException">A field is unknown, occurs twice or holds the wrong kind of value.</exception>
    internal static SweepSpec Read(JsonElement element, SweepSpec baseSpec, string where)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new UserErrorException($"{where}: not a JSON object; {{\"tasks\": [\"4v9\"], \"hidden\": [4, 24]}} would be right");
        }

        SweepSpec spec = baseSpec;
        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string field = property.Name;
            JsonElement value = property.Value;
            if (!seen.Add(field))
            {
                throw new UserErrorException($"{where}: {field}: occurs twice; once is right");
            }

            spec = field switch
            {
                "data" => spec with { Data = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(field, "a string as \"mnist\"") },
                "tasks" => spec with { Tasks = List(field, value, Task, "a list as [\"0v1\", \"4v9\"]") },
                "hidden" => spec with { Hidden = List(field, value, Integer, "a list of whole numbers as [4, 24]") },
                "seeds" => spec with { Seeds = List(field, value, Integer, "a list of whole numbers as [0, 42]") },
                "lr" => spec with { LearningRates = List(field, value, Number, "a list of numbers as [0.01, 0.03]") },
                "epochs" => spec with { Epochs = Integer(value) ?? throw Wrong(field, "a whole number as 100") },
                "batch" => spec with { Batch = IsFull(value) ? null : Integer(value) ?? throw Wrong(field, "\"full\" or a whole number as 128") },
                "init_std" => spec with { InitStd = Number(value) ?? throw Wrong(field, "a number as 0.1") },
                "sparsity" => spec with { Sparsity = List(field, value, Number, "a list of numbers as [0.5, 0.95]") },
                "pruning" => spec with { Pruning = List(field, value, Method, "a list as [\"layer\", \"random\"]") },
                _ => throw new UserErrorException($"{where}: {field}: unknown field; right are {Fields}"),
            };
        }

        return spec;

        UserErrorException Wrong(string field, string right) => new($"{where}: {field}: wrong value; {right} is right");

        IReadOnlyList<T> List<T>(string field, JsonElement value, Func<JsonElement, T?> read, string right)
            where T : struct =>
            value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= ListFlags.MaxItems
                ? value.EnumerateArray().Select(item => read(item) ?? throw Wrong(field, right)).ToArray()
                : throw Wrong(field, right);
    }

    private static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private static PruneMethod? Method(JsonElement value) => value.ValueKind == JsonValueKind.String ? PruningMethods.Find(value.GetString()!) : null;

    private static bool IsFull(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString() == "full";

    private static PairTask? Task(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && PairTask.TryParse(value.GetString()!, out PairTask task) ? task : null;

    private static int? Integer(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : null;

    private static double? Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;

    /// <summary>Editors on Windows put a byte order mark before JSON; the parser refuses it.</summary>
    private static ReadOnlyMemory<byte> WithoutMark(byte[] bytes) =>
        bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsMemory(3) : bytes;
}
