using System.Text.Json;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>
/// A file that describes sweeps: JSON, YAML or the plan.json of a run. An object has the fields of one sweep, all of them optional, and
/// maybe <see cref="MetaFields"/>; a list of objects, or an object with the list <c>sweeps</c> beside fields that all of them share, has
/// several, each with a name. docs/run.md lists the fields.
/// </summary>
public static class SpecFile
{
    // A spec of ten million items is some 100 MB; anything above is not a spec.
    private const int MaxFileBytes = 128 << 20;

    /// <summary>The field of the analyses that are wanted.</summary>
    public const string Analyses = "analyses";

    internal const string Preset = "preset", Name = "name", Out = "out", Sweeps = "sweeps";

    /// <summary>What may stand beside the fields of a sweep.</summary>
    public static IReadOnlyList<string> MetaFields { get; } =
        [Preset, Name, Out, Analyses, .. PictureChoice.Fields.Select(field => field.Name), Sweeps];

    /// <summary>Reads the sweeps of a file, in its order; what depends on data is checked by those who have them.</summary>
    /// <returns>At least one; where there are several, each has a name of its own.</returns>
    /// <exception cref="UserErrorException">One line that names the file, the line and the field.</exception>
    public static IReadOnlyList<SpecEntry> Read(string path)
    {
        if (Directory.Exists(path))
        {
            // The system would call it a lack of permission.
            throw new UserErrorException($"{path}: a folder; must be a JSON or YAML file of sweep fields");
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

        SpecText text = SpecText.Read(bytes, path);
        JsonElement root = text.Root;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("plan_hash", out _))
            return [SpecEntry.OfPlan(path, PlanReader.Read(TextBytes.WithoutMark(bytes), path))];
        bool hasList = root.ValueKind == JsonValueKind.Object && root.TryGetProperty(Sweeps, out _);
        if (root.ValueKind != JsonValueKind.Array && !hasList)
            return [SpecEntry.Of(path, text.Lines, [(root, "")])];

        JsonElement list = hasList ? root.GetProperty(Sweeps) : root;
        string prefix = hasList ? Sweeps : "";
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw new UserErrorException($"{SpecEntry.Place(path, text.Lines, Sweeps)}: must be a list of sweeps, at least one");
        SpecEntry[] entries =
        [
            .. list.EnumerateArray().Select((one, i) => SpecEntry.Of(
                path, text.Lines, [.. hasList ? new[] { (root, "") } : [], (one, $"{prefix}[{i}].")])),
        ];
        HashSet<string> names = [];
        for (int i = 0; i < entries.Length; i++)
        {
            string place = SpecEntry.Place(path, text.Lines, $"{prefix}[{i}].{Name}");
            string name = entries[i].Name
                ?? throw new UserErrorException($"{place}: missing; one of several sweeps must have a name, which its folder gets");
            if (!names.Add(name))
                throw new UserErrorException($"{place}: {name} {Item.Twice}");
        }

        return entries;
    }
}

/// <summary>One sweep of a <see cref="SpecFile"/>.</summary>
public sealed class SpecEntry
{
    private readonly Dictionary<string, string> _places = [];
    private readonly Dictionary<string, string> _texts = [];
    private readonly List<(Field<PictureChoice> Field, JsonElement Value)> _pictures = [];
    private readonly string _file;
    private readonly string _prefix;
    private Plan? _plan;

    private SpecEntry(string file, string prefix)
    {
        _file = file;
        _prefix = prefix;
    }

    /// <summary>
    /// What the file says, over its preset, before <see cref="Texts"/> are read; where it asks for some analyses alone, these.
    /// </summary>
    public SweepSpec Spec { get; private set; } = Presets.Paper;

    /// <summary>
    /// Values that are written as behind a flag and can be read only beside the data, such as <c>all</c> tasks: by the names of fields.
    /// </summary>
    public IReadOnlyDictionary<string, string> Texts => _texts;

    /// <summary>Of the sweep; null where the file has one sweep and gives it none.</summary>
    public string? Name { get; private set; }

    /// <summary>Folder of the run; null where the file names none.</summary>
    public string? Out { get; private set; }

    /// <summary>The analyses that the file names; null where it does not choose.</summary>
    public IReadOnlyList<string>? Analyses { get; private set; }

    /// <summary>Of the data that a plan was made for; null for a file that is no plan.</summary>
    public string? DataSha256 => _plan?.DataSha256;

    /// <summary>Whether the file says something of a field.</summary>
    public bool Says(string field) => _plan is not null || _places.ContainsKey(field);

    /// <summary>Whether it begins with a preset.</summary>
    public bool IsOfPreset => Says(SpecFile.Preset);

    /// <summary>For messages: file, line and field.</summary>
    public string PlaceOf(string field) =>
        _places.GetValueOrDefault(field) ?? (_plan is null ? $"{_file}: {_prefix}{field}" : $"{_file}: spec.{field}");

    /// <summary>The spec with everything that the file says, beside the data that it names.</summary>
    /// <param name="data">Those of <see cref="Spec"/>, or others.</param>
    /// <exception cref="UserErrorException">One line that names the file, the line and the field.</exception>
    public SweepSpec SpecFor(Dataset data) => AnalysisList.Fields.Where(field => field.PartOf is null && _texts.ContainsKey(field.Name))
        .Aggregate(Spec, (spec, field) => field.Take(spec, _texts[field.Name], data, PlaceOf(field.Name)));

    /// <summary>The pictures that the file asks for.</summary>
    /// <param name="usual">Where it says nothing.</param>
    public PictureChoice PicturesOf(PictureChoice usual, SweepSpec spec)
    {
        if (_plan is not null)
            return _plan.Pictures.IsOf(spec) ? _plan.Pictures : usual;
        foreach ((Field<PictureChoice> field, JsonElement value) in _pictures)
            field.Read(value, ref usual);
        return usual;
    }

    internal static string Place(string file, IReadOnlyDictionary<string, int> lines, string field) =>
        lines.TryGetValue(field, out int line) ? $"{file}: line {line}: {OneLine.Of(field)}" : $"{file}: {OneLine.Of(field)}";

    internal static SpecEntry OfPlan(string file, Plan plan) => new(file, "") { _plan = plan, Spec = plan.Spec };

    /// <param name="objects">What all sweeps share, and the sweep, each with what stands before its fields in messages.</param>
    internal static SpecEntry Of(
        string file, IReadOnlyDictionary<string, int> lines, IReadOnlyList<(JsonElement Element, string Prefix)> objects)
    {
        SpecEntry entry = new(file, objects[^1].Prefix);
        foreach ((JsonElement element, string prefix) in objects)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                throw new UserErrorException(
                    $"{file}: {(prefix.Length > 0 ? $"{prefix.TrimEnd('.')}: " : "")}"
                        + "not a JSON object; must be as {\"tasks\": [\"4v9\"], \"hidden\": [4, 24]}");
            }

            foreach (JsonProperty property in element.EnumerateObject())
                entry._places[property.Name] = Place(file, lines, prefix + property.Name);
        }

        // The last preset is the one that counts, and it comes before every field.
        foreach ((JsonElement element, _) in objects)
        {
            if (element.TryGetProperty(SpecFile.Preset, out JsonElement preset))
                entry.Spec = Presets.Get(entry.PlaceOf(SpecFile.Preset), entry.Text(preset, SpecFile.Preset, "quick"));
        }

        for (int i = 0; i < objects.Count; i++)
        {
            (JsonElement element, string prefix) = objects[i];
            entry.Take(element, field => Place(file, lines, prefix + field), isShared: i < objects.Count - 1);
        }

        entry.Settle();
        return entry;
    }

    private void Take(JsonElement element, Func<string, string> place, bool isShared)
    {
        string[] others = [.. SpecFile.MetaFields.Where(name => name != SpecFile.Sweeps || isShared || _prefix.Length == 0)];
        (Spec, _) = FieldJson.Read(element, AnalysisList.Fields, Spec, place, others, TakeOther, _texts);

        void TakeOther(JsonProperty property)
        {
            string name = property.Name;
            if (isShared && name is SpecFile.Name or SpecFile.Out)
                throw new UserErrorException($"{place(name)}: belongs to one sweep; must be in the list `{SpecFile.Sweeps}`");
            switch (name)
            {
                case SpecFile.Preset or SpecFile.Sweeps:
                    break;
                case SpecFile.Name:
                    Name = Text(property.Value, name, "wide");
                    if (Name.AsSpan().ContainsAny("/\\:") || Name is "." or ".." || Name.Length > 100 || Quoting.HasControl(Name))
                        throw new UserErrorException($"{place(name)}: '{OneLine.Of(Name)}' must be fit for the name of a folder");
                    break;
                case SpecFile.Out:
                    Out = Text(property.Value, name, "runs/mine");
                    break;
                case SpecFile.Analyses:
                    string text = FieldJson.TextOf(property.Value)
                        ?? throw new UserErrorException($"{place(name)}: wrong value; must be a list as [\"pruning\"], or none");
                    Analyses = text.Trim() is "none" or "" ? [] : AnalysisList.Item.Parse(place(name), text);
                    break;
                default:
                    Field<PictureChoice> field = PictureChoice.Fields.Single(one => one.Name == name);
                    PictureChoice read = default;
                    if ((field.Read(property.Value, ref read) ?? field.Problem(read)) is { } problem)
                        throw new UserErrorException($"{place(name)}: {problem}");
                    _pictures.Add((field, property.Value));
                    break;
            }
        }
    }

    // What holds for all that was said together.
    private void Settle()
    {
        // Not taken over from a preset: its tasks and rates may be others than those of the file.
        if (!Says("rate_grid") && !Says("rate_tasks"))
            Spec = Spec.WithoutRates();
        if (Analyses is { } only)
        {
            foreach (Field<SweepSpec> field in AnalysisList.Fields.Where(field => Says(field.Name)))
            {
                if (AnalysisList.LeavesOut(only, field) is { } name)
                    throw new UserErrorException($"{PlaceOf(field.Name)}: belongs to {name}, which analyses leaves out");
            }

            Spec = Spec.Only(only);
        }

        // The embedding of the preset is fitted later, to tasks and data; so is all that depends on these.
        if (_texts.Count == 0)
            SpecValidator.Validate(Says("embedding") ? Spec : Spec with { Embedding = [] }, PlaceOf);
    }

    private string Text(JsonElement value, string field, string example) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { } text && !string.IsNullOrWhiteSpace(text)
            ? text
            : throw new UserErrorException($"{PlaceOf(field)}: wrong value; must be a text as \"{example}\"");
}
