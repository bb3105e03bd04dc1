using System.Text.Json;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// A spec as JSON, in spec files and plans:
/// <c>{"data":"mnist","tasks":["4v9"],"hidden":[4,24],"seeds":[0],"lr":[0.03],"epochs":20,"batch":"full","init_std":0.1,
/// "sparsity":[0.5,0.95],"pruning":["layer"],"corruption":["gaussian:0.1","blur:1"],
/// "embedding":["4v9"],"similarity":["gradient"],"similarity_images":32}</c>. Epochs, batch, init_std and weight_decay are one value or a list.
/// </summary>
public static class SpecJson
{
    private const string Fields = "data, tasks, hidden, seeds, lr, epochs, batch, init_std, weight_decay, sparsity, pruning, corruption, embedding, similarity, similarity_images, finetune_epochs, rewind, rate_grid, rate_tasks";

    private static readonly string[] s_optional = ["weight_decay", "finetune_epochs", "rewind", "rate_grid", "rate_tasks"];

    // A spec of ten million items is some 100 MB; anything above is not a spec.
    private const int MaxFileBytes = 128 << 20;

    /// <summary>Reads a spec file and checks it; fields that the file leaves out keep the values of <paramref name="baseSpec"/>.</summary>
    /// <exception cref="UserErrorException">One line that names the file and the field.</exception>
    public static SweepSpec ReadFile(string path, SweepSpec baseSpec)
    {
        if (Directory.Exists(path))
        {
            // The system would call it a lack of permission.
            throw new UserErrorException($"{path}: a folder; must be a JSON file of sweep fields");
        }

        byte[] bytes;
        try
        {
            bytes = TextBytes.ReadAtMost(path, MaxFileBytes)
                ?? throw new UserErrorException($"{path}: larger than {MaxFileBytes >> 20} MiB; must be a JSON object of sweep fields");
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, path);
        }

        try
        {
            ReadOnlyMemory<byte> json = TextBytes.WithoutMark(bytes);
            TextBytes.CheckJson(json.Span, path, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            using JsonDocument document = JsonDocument.Parse(json, s_lenient);
            SweepSpec spec = Read(document.RootElement, baseSpec, path);

            // The embedding of the preset is fitted later, to tasks and data.
            SweepSpec named = document.RootElement.TryGetProperty("embedding", out _) ? spec : spec with { Embedding = [] };
            SpecValidator.Validate(named, field => $"{path}: {field}");
            return spec;
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path}: line {e.LineNumber + 1} is not valid JSON; must be as {{\"tasks\": [\"4v9\"], \"hidden\": [4, 24]}}", inner: e);
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
        WriteOneOrList("epochs", spec.Epochs, writer.WriteNumberValue);
        WriteOneOrList("batch", spec.Batches, WriteBatch);
        WriteOneOrList("init_std", spec.InitStds, writer.WriteNumberValue);
        if (spec.WeightDecays is not [0])
        {
            // Left out where there is none: plans made before it existed keep their hash.
            WriteOneOrList("weight_decay", spec.WeightDecays, writer.WriteNumberValue);
        }

        WriteList("sparsity", spec.Sparsity, writer.WriteNumberValue);
        WriteList("pruning", spec.Pruning, method => writer.WriteStringValue(PruningMethods.Name(method)));
        WriteList("embedding", spec.Embedding, task => writer.WriteStringValue(task.ToString()));
        WriteList("corruption", spec.Corruptions, corruption => writer.WriteStringValue(CorruptionNames.Name(corruption)));
        WriteList("similarity", spec.Similarity, method => writer.WriteStringValue(SaliencyNames.Name(method)));
        writer.WriteNumber("similarity_images", spec.SimilarityImages);

        // Left out where there is none, like weight_decay.
        if (spec.FinetuneEpochs != 0)
            writer.WriteNumber("finetune_epochs", spec.FinetuneEpochs);
        if (spec.Rewind)
            writer.WriteBoolean("rewind", true);
        if (spec.RateGrid.Count > 0)
        {
            WriteList("rate_grid", spec.RateGrid, writer.WriteNumberValue);
            WriteList("rate_tasks", spec.RateTasks, task => writer.WriteStringValue(task.ToString()));
        }

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

        void WriteOneOrList<T>(string field, IReadOnlyList<T> items, Action<T> write)
        {
            if (items.Count != 1)
            {
                WriteList(field, items, write);
                return;
            }

            writer.WritePropertyName(field);
            write(items[0]);
        }

        void WriteBatch(int? batch)
        {
            if (batch is { } images)
            {
                writer.WriteNumberValue(images);
            }
            else
            {
                writer.WriteStringValue(TrainingVariant.NameOf(null));
            }
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote, with every field that it always writes; the result is not validated.</summary>
    /// <inheritdoc cref="Read"/>
    internal static SweepSpec ReadWhole(JsonElement element, string where, string prefix)
    {
        SweepSpec spec = Read(element, Presets.Paper, where, prefix);
        return Fields.Split(", ").Except(s_optional).FirstOrDefault(field => !element.TryGetProperty(field, out _)) is { } missing
            ? throw new UserErrorException($"{where}: {prefix}{missing}: missing")
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
            throw new UserErrorException($"{where}: {prefix.Replace(".", ": ")}not a JSON object; must be as {{\"tasks\": [\"4v9\"], \"hidden\": [4, 24]}}");
        }

        SweepSpec spec = baseSpec;
        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string field = property.Name;
            JsonElement value = property.Value;
            if (!seen.Add(field))
            {
                throw new UserErrorException($"{where}: {prefix}{OneLine.Of(field)}: occurs twice; must be there once");
            }

            spec = field switch
            {
                "data" => spec with { Data = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(field, "a string as \"mnist\"") },
                "tasks" => spec with { Tasks = List(field, value, Task, "a list as [\"0v1\", \"4v9\"]") },
                "hidden" => spec with { Hidden = List(field, value, Integer, "a list of whole numbers as [4, 24]") },
                "seeds" => spec with { Seeds = List(field, value, Integer, "a list of whole numbers as [0, 42]") },
                "lr" => spec with { LearningRates = List(field, value, Number, "a list of numbers as [0.01, 0.03]") },
                "epochs" => spec with { Epochs = OneOrList(field, value, Integer, "a whole number as 100 or a list as [20, 100]") },
                "batch" => spec with { Batches = [.. OneOrList(field, value, Batch, "\"full\", a whole number as 128 or a list as [\"full\", 32]").Select(size => size.Images)] },
                "init_std" => spec with { InitStds = OneOrList(field, value, Number, "a number as 0.1 or a list as [0.03, 0.1]") },
                "weight_decay" => spec with { WeightDecays = OneOrList(field, value, Number, "a number as 0.001 or a list as [0, 0.001]") },
                "sparsity" => spec with { Sparsity = List(field, value, Number, "a list of numbers as [0.5, 0.95]") },
                "pruning" => spec with { Pruning = List(field, value, Method, "a list as [\"layer\", \"random\"]") },
                "embedding" => spec with { Embedding = List(field, value, Task, "a list as [\"4v9\"]") },
                "corruption" => spec with { Corruptions = List(field, value, Corrupted, "a list as [\"gaussian:0.1\", \"blur:1\"]") },
                "finetune_epochs" => spec with { FinetuneEpochs = Integer(value) ?? throw Wrong(field, "a whole number as 10") },
                "rewind" => spec with { Rewind = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(field, "true or false") },
                "similarity" => spec with { Similarity = List(field, value, Explained, "a list as [\"gradient\", \"integrated\"]") },
                "similarity_images" => spec with { SimilarityImages = Integer(value) ?? throw Wrong(field, "a whole number as 32") },
                "rate_grid" => spec with { RateGrid = List(field, value, Number, "a list of numbers as [0.001, 0.01]") },
                "rate_tasks" => spec with { RateTasks = List(field, value, Task, "a list as [\"4v9\"]") },
                _ => throw new UserErrorException($"{where}: {prefix}{OneLine.Of(field)}: unknown field; must be one of {Fields}"),
            };
        }

        // Not taken over from a preset: its tasks and rates may be others than those of the file.
        return seen.Contains("rate_grid") || seen.Contains("rate_tasks") ? spec : spec.WithoutRates();

        UserErrorException Wrong(string field, string right) => new($"{where}: {prefix}{field}: wrong value; must be {right}");

        IReadOnlyList<T> List<T>(string field, JsonElement value, Func<JsonElement, T?> read, string right)
            where T : struct =>
            value.ValueKind != JsonValueKind.Array ? throw Wrong(field, right)
            : value.GetArrayLength() > ListFlags.MaxItems
                ? throw new UserErrorException(
                    $"{where}: {prefix}{field}: {value.GetArrayLength()} items; must be at most {ListFlags.MaxItems}")
            : value.EnumerateArray().Select(item => read(item) ?? throw Wrong(field, right)).ToArray();

        IReadOnlyList<T> OneOrList<T>(string field, JsonElement value, Func<JsonElement, T?> read, string right)
            where T : struct =>
            value.ValueKind == JsonValueKind.Array ? List(field, value, read, right) : [read(value) ?? throw Wrong(field, right)];
    }

    private static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private static PruneMethod? Method(JsonElement value) => value.ValueKind == JsonValueKind.String ? PruningMethods.Find(value.GetString()!) : null;

    private static SaliencyMethod? Explained(JsonElement value) => value.ValueKind == JsonValueKind.String ? SaliencyNames.Find(value.GetString()!) : null;

    private static Corruption? Corrupted(JsonElement value) => value.ValueKind == JsonValueKind.String ? CorruptionNames.Find(value.GetString()!) : null;

    private static BatchSize? Batch(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() == TrainingVariant.NameOf(null) ? new BatchSize(null)
        : Integer(value) is { } images ? new BatchSize(images)
        : null;

    private static PairTask? Task(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && PairTask.TryParse(value.GetString()!, out PairTask task) ? task : null;

    private static int? Integer(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : null;

    private static double? Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;

    /// <summary>A nullable value in a struct: null itself stands for a value that is wrong.</summary>
    private readonly record struct BatchSize(int? Images);
}
