using System.Text;
using System.Text.Json;

namespace GpuMlp.Engine.Fields;

/// <summary>A list without repetitions, in JSON an array.</summary>
/// <param name="item">How one of its items is written.</param>
public sealed class ListNotation<T>(Item<T> item) : Notation<IReadOnlyList<T>>
{
    /// <summary>The empty list on the command line, and for people.</summary>
    public const string None = "none";

    // For people: the line must stay readable.
    private const int MostShown = 12;

    public override string Word => "LIST";

    /// <summary>Whether there may be no item.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>Whether a list of one item is written in JSON as that item.</summary>
    public bool IsOneOrMore { get; init; }

    /// <summary>Most items.</summary>
    public int Most { get; init; } = ListFlags.MaxItems;

    public override IReadOnlyList<T> Parse(string flag, string text) => MayBeEmpty && text == None ? [] : item.Parse(flag, text);

    public override string? Read(JsonElement json, string example, out IReadOnlyList<T> value)
    {
        value = [];
        if (json.ValueKind != JsonValueKind.Array)
        {
            if (!IsOneOrMore || !item.TryRead(json, out T one))
                return Wrong(example);
            value = [one];
            return null;
        }

        if (json.GetArrayLength() > ListFlags.MaxItems)
            return $"{json.GetArrayLength()} items; must be at most {ListFlags.MaxItems}";
        T[] items = new T[json.GetArrayLength()];
        int next = 0;
        foreach (JsonElement element in json.EnumerateArray())
        {
            if (!item.TryRead(element, out items[next++]))
                return Wrong(example);
        }

        value = items;
        return null;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value)
    {
        if (IsOneOrMore && value.Count == 1)
        {
            item.Write(writer, value[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (T one in value)
            item.Write(writer, one);
        writer.WriteEndArray();
    }

    public override string Show(IReadOnlyList<T> value) => value.Count == 0 ? None
        : value.Count <= MostShown ? string.Join(',', value.Select(item.Show))
        : $"{string.Join(',', value.Take(MostShown).Select(item.Show))},... ({value.Count} in all)";

    public override string? Problem(IReadOnlyList<T> value)
    {
        if (value.Count == 0 && !MayBeEmpty)
            return "empty; must be at least one item";
        if (value.Count > Most)
            return $"{value.Count} items; {Most} are the most";
        HashSet<T> seen = [];
        foreach (T one in value)
        {
            if (item.Problem(one) is { } problem)
                return problem;
            if (!seen.Add(one))
                return $"{item.Show(one)} {Item.Twice}";
        }

        return null;
    }

    public override int Count(IReadOnlyList<T> value) => value.Count;

    public override bool Same(IReadOnlyList<T> one, IReadOnlyList<T> other) => one.SequenceEqual(other);

    private string Wrong(string example)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            Write(writer, item.Parse("", example));
        return $"wrong value; must be a list as {Encoding.UTF8.GetString(stream.ToArray())}{(IsOneOrMore ? ", or one of its values" : "")}";
    }
}
