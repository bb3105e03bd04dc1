using System.Text.Json;

namespace GpuMlp.Engine.Fields;

/// <summary>How the items of a list are written in flags and JSON, and which of them are right.</summary>
public abstract class Item<T>
{
    /// <summary>A list from the command line, in the order written.</summary>
    /// <returns>At least one item, no two equal, each right.</returns>
    /// <exception cref="UserErrorException">One line that begins with <paramref name="flag"/>.</exception>
    public abstract IReadOnlyList<T> Parse(string flag, string text);

    /// <summary>False for JSON of another kind.</summary>
    public abstract bool TryRead(JsonElement json, out T value);

    public abstract void Write(Utf8JsonWriter writer, T value);

    /// <summary>As in flags.</summary>
    public abstract string Show(T value);

    /// <summary>What is wrong with an item of the right kind and what would be right; null when nothing is.</summary>
    public abstract string? Problem(T value);
}

/// <summary>What items have in common.</summary>
internal static class Item
{
    public const string Twice = "occurs twice; name every value once";

    public static bool TryWhole(JsonElement json, out int value)
    {
        value = 0;
        return json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out value);
    }
}

/// <summary>Whole numbers from <paramref name="least"/> to <paramref name="most"/>; lists as in <see cref="ListFlags"/>.</summary>
public sealed class WholeItem(int least, int most) : Item<int>
{
    public override IReadOnlyList<int> Parse(string flag, string text) => ListFlags.Integers(flag, text, least, most);

    public override bool TryRead(JsonElement json, out int value) => Item.TryWhole(json, out value);

    public override void Write(Utf8JsonWriter writer, int value) => writer.WriteNumberValue(value);

    public override string Show(int value) => $"{value}";

    public override string? Problem(int value) =>
        value >= least && value <= most ? null : $"{value} is out of range; must be {least}..{most}";
}

/// <summary>Finite numbers from <paramref name="least"/> to <paramref name="most"/>; lists as in <see cref="ListFlags"/>.</summary>
public sealed class NumberItem(double least, double most) : Item<double>
{
    /// <summary>The smallest that is right.</summary>
    public double Least => least;

    public override IReadOnlyList<double> Parse(string flag, string text) => ListFlags.Doubles(flag, text, least, most);

    public override bool TryRead(JsonElement json, out double value)
    {
        value = 0;
        return json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out value) && double.IsFinite(value);
    }

    public override void Write(Utf8JsonWriter writer, double value) => writer.WriteNumberValue(value);

    public override string Show(double value) => $"{value:R}";

    public override string? Problem(double value) =>
        value >= least && value <= most ? null : $"{value:R} is out of range; must be {least:R}..{most:R}";
}

/// <summary>Whole numbers from 1, or a word that stands for null.</summary>
public sealed class WholeOrWordItem(string word) : Item<int?>
{
    public override IReadOnlyList<int?> Parse(string flag, string text)
    {
        List<int?> items = [];
        foreach (string part in ListFlags.Parts(flag, text, $"{word},32"))
        {
            if (part == word)
                items.Add(null);
            else if (char.IsLetter(part[0]))
                throw new UserErrorException($"{flag}: '{OneLine.Of(part)}' is not {word} or a whole number; write for example {word},32");
            else
                items.AddRange(ListFlags.Integers(flag, part, 1, int.MaxValue).Select(number => (int?)number));
        }

        return items.GroupBy(item => item).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? throw new UserErrorException($"{flag}: {Show(twice.Key)} {Item.Twice}")
            : items;
    }

    public override bool TryRead(JsonElement json, out int? value)
    {
        bool isWhole = Item.TryWhole(json, out int number);
        value = isWhole ? number : null;
        return isWhole || (json.ValueKind == JsonValueKind.String && json.GetString() == word);
    }

    public override void Write(Utf8JsonWriter writer, int? value)
    {
        if (value is { } number)
            writer.WriteNumberValue(number);
        else
            writer.WriteStringValue(word);
    }

    public override string Show(int? value) => value is { } number ? $"{number}" : word;

    public override string? Problem(int? value) =>
        value is null or >= 1 ? null : $"{value} is out of range; must be {word} or a number from 1";
}

/// <summary>Finds the one of a name; false for a name that is none, and then there is no value.</summary>
public delegate bool NameFinder<T>(string name, out T value);

/// <summary>Makes the items of lists that the program has.</summary>
public static class NamedItems
{
    /// <param name="what">What they are, for messages: <c>method</c>.</param>
    /// <param name="all">In the order of messages.</param>
    /// <param name="name">The name of one.</param>
    public static NamedItem<T> Of<T>(string what, IReadOnlyList<T> all, Func<T, string> name)
    {
        return new(what, Choice.Of(all.Select(name)), name, TryFind);

        bool TryFind(string text, out T value)
        {
            T[] found = [.. all.Where(one => name(one) == text)];
            value = found.FirstOrDefault()!;
            return found.Length > 0;
        }
    }
}

/// <summary>Things with a name.</summary>
/// <param name="what">What they are, for messages: <c>method</c>.</param>
/// <param name="right">The names, for messages.</param>
/// <param name="name">The name of one.</param>
/// <param name="find">Finds one by its name.</param>
/// <param name="problem">See <see cref="Item{T}.Problem"/>; null when all are right.</param>
public sealed class NamedItem<T>(string what, string right, Func<T, string> name, NameFinder<T> find, Func<T, string?>? problem = null)
    : Item<T>
{
    /// <summary>What messages say is right.</summary>
    public string Right => right;

    /// <summary>False for a name that is none.</summary>
    public bool TryFind(string text, out T value) => find(text, out value);

    public override IReadOnlyList<T> Parse(string flag, string text)
    {
        List<T> items = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!find(part, out T item))
                throw new UserErrorException($"{flag}: '{OneLine.Of(part)}' is no {what}; must be {right}");
            items.Add(items.Contains(item) ? throw new UserErrorException($"{flag}: {name(item)} {Item.Twice}") : item);
        }

        return items;
    }

    public override bool TryRead(JsonElement json, out T value)
    {
        value = default!;
        return json.ValueKind == JsonValueKind.String && find(json.GetString()!, out value);
    }

    public override void Write(Utf8JsonWriter writer, T value) => writer.WriteStringValue(name(value));

    public override string Show(T value) => name(value);

    public override string? Problem(T value) => problem?.Invoke(value);
}
