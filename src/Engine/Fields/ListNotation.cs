using System.Text;
using System.Text.Json;

namespace GpuMlp.Engine.Fields;

/// <summary>
/// A list without repetitions, in JSON an array. Files may also write one of its values without brackets, and as a text whatever
/// a flag takes, ranges too: <c>"2..64*2"</c>, <c>[1, "2..64*2"]</c>.
/// </summary>
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

    /// <summary>Whether a list of one item is written in JSON as that item; either way is read.</summary>
    public bool IsOneOrMore { get; init; }

    /// <summary>
    /// What an empty list stands for, where that says something: nobody chose. It is the same as this list, but for
    /// <see cref="Items"/> and for rules, which see that nobody did.
    /// </summary>
    public IReadOnlyList<T>? Usual { get; init; }

    /// <summary>Most items.</summary>
    public int Most { get; init; } = ListFlags.MaxItems;

    public override IReadOnlyList<T> Parse(string flag, string text) => MayBeEmpty && text == None ? [] : item.Parse(flag, text);

    public override string? Read(JsonElement json, string example, out IReadOnlyList<T> value)
    {
        value = [];
        if (json.ValueKind != JsonValueKind.Array)
        {
            if (item.TryRead(json, out T one))
                value = [one];
            else if (json.ValueKind == JsonValueKind.String)
                return FromText(json.GetString()!, text => Parse("", text), out value);
            else
                return Wrong(example);
            return null;
        }

        if (json.GetArrayLength() > ListFlags.MaxItems)
            return $"{json.GetArrayLength()} items; must be at most {ListFlags.MaxItems}";
        List<T> items = new(json.GetArrayLength());
        foreach (JsonElement element in json.EnumerateArray())
        {
            if (item.TryRead(element, out T one))
            {
                items.Add(one);
                continue;
            }

            if (element.ValueKind != JsonValueKind.String)
                return Wrong(example);
            if (FromText(element.GetString()!, text => item.Parse("", text), out IReadOnlyList<T> several) is { } problem)
                return problem;
            items.AddRange(several);
        }

        value = items;
        return items.Count > ListFlags.MaxItems ? $"{items.Count} items; must be at most {ListFlags.MaxItems}" : null;
    }

    // What is wrong comes as a message about a flag; the place in a file is put before it elsewhere.
    private static string? FromText(string text, Func<string, IReadOnlyList<T>> parse, out IReadOnlyList<T> value)
    {
        try
        {
            value = parse(text);
            return null;
        }
        catch (UserErrorException e)
        {
            value = [];
            return e.Message.TrimStart(':', ' ');
        }
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

    public override string Show(IReadOnlyList<T> value)
    {
        IReadOnlyList<T> list = Meant(value);
        return list.Count == 0 ? None
            : list.Count <= MostShown ? string.Join(',', list.Select(item.Show))
            : $"{string.Join(',', list.Take(MostShown).Select(item.Show))},... ({list.Count} in all)";
    }

    public override IReadOnlyList<string> Items(IReadOnlyList<T> value) => [.. Meant(value).Select(item.Show)];

    public override string? Problem(IReadOnlyList<T> value)
    {
        if (value.Count == 0 && !MayBeEmpty && Usual is null)
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

    public override bool Same(IReadOnlyList<T> one, IReadOnlyList<T> other) => Meant(one).SequenceEqual(Meant(other));

    public override bool Holds(IReadOnlyList<T> one, IReadOnlyList<T> other) => !Meant(other).Except(Meant(one)).Any();

    public override IReadOnlyList<T> Together(IReadOnlyList<T> one, IReadOnlyList<T> other) =>
        one.Count == 0 && other.Count == 0 ? [] : [.. Meant(one).Union(Meant(other))];

    private IReadOnlyList<T> Meant(IReadOnlyList<T> value) => value.Count == 0 ? Usual ?? [] : value;

    private string Wrong(string example)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            Write(writer, item.Parse("", example));
        return $"wrong value; must be a list as {Encoding.UTF8.GetString(stream.ToArray())}, or one of its values";
    }
}
