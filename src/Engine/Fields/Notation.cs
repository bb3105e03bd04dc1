using System.Globalization;
using System.Text.Json;

namespace GpuMlp.Engine.Fields;

/// <summary>How values of a type are written in flags and JSON, shown to people, and which of them are right.</summary>
public abstract class Notation<T>
{
    /// <summary>What help calls a value; empty where a flag has none.</summary>
    public virtual string Word => "N";

    /// <summary>From the command line.</summary>
    /// <exception cref="UserErrorException">One line that begins with <paramref name="flag"/>.</exception>
    public abstract T Parse(string flag, string text);

    /// <param name="json">From a file.</param>
    /// <param name="example">A right one as typed behind a flag, for messages.</param>
    /// <param name="value">Maybe out of range.</param>
    /// <returns>What is wrong with its kind, and what would be right; null when nothing is.</returns>
    public abstract string? Read(JsonElement json, string example, out T value);

    public abstract void Write(Utf8JsonWriter writer, T value);

    public abstract string Show(T value);

    /// <summary>What is wrong with a value of the right kind; null when nothing is.</summary>
    public virtual string? Problem(T value) => null;

    /// <summary>As <see cref="Show"/>, each item of a list by itself.</summary>
    public virtual IReadOnlyList<string> Items(T value) => [Show(value)];

    public virtual int Count(T value) => 1;

    public virtual bool Same(T one, T other) => EqualityComparer<T>.Default.Equals(one, other);

    /// <summary>Whether a value says all that another one says: a list that it has every item.</summary>
    public virtual bool Holds(T one, T other) => Same(one, other);

    /// <summary>What two values say together: of lists the items of the first, then those that the second has besides.</summary>
    public virtual T Together(T one, T other) => one;
}

/// <summary>A text that is not empty.</summary>
/// <param name="right">What an empty one should be, for messages.</param>
public sealed class TextNotation(string right) : Notation<string>
{
    public override string Parse(string flag, string text) => text;

    public override string? Read(JsonElement json, string example, out string value)
    {
        value = json.ValueKind == JsonValueKind.String ? json.GetString()! : "";
        return json.ValueKind == JsonValueKind.String ? null : $"wrong value; must be a string as \"{example}\"";
    }

    public override void Write(Utf8JsonWriter writer, string value) => writer.WriteStringValue(value);

    public override string Show(string value) => value;

    public override string? Problem(string value) => value.Length > 0 ? null : $"empty; must be {right}";
}

/// <summary>The name or the number of something; empty for the usual one, which no flag can name.</summary>
public sealed class NameOrNumberNotation : Notation<string>
{
    public override string Parse(string flag, string text) =>
        text.Length > 0 ? text : throw new UserErrorException($"{flag}: empty; must be a name or a number");

    public override string? Read(JsonElement json, string example, out string value)
    {
        bool isNumber = Item.TryWhole(json, out int number);
        value = isNumber ? number.ToString(CultureInfo.InvariantCulture) : json.ValueKind == JsonValueKind.String ? json.GetString()! : "";
        return isNumber || json.ValueKind == JsonValueKind.String ? null
            : $"wrong value; must be a name as \"{example}\", or a whole number";
    }

    public override void Write(Utf8JsonWriter writer, string value) => writer.WriteStringValue(value);

    public override string Show(string value) => value;
}

/// <summary>One whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
public sealed class WholeNotation(int least, int most) : Notation<int>
{
    public override int Parse(string flag, string text) => ListFlags.Whole(flag, text, least, most);

    public override string? Read(JsonElement json, string example, out int value) =>
        Item.TryWhole(json, out value) ? null : $"wrong value; must be a whole number as {example}";

    public override void Write(Utf8JsonWriter writer, int value) => writer.WriteNumberValue(value);

    public override string Show(int value) => $"{value}";

    public override string? Problem(int value) =>
        value >= least && value <= most ? null : $"{value} is out of range; must be {least}..{most}";
}

/// <summary>One number from <paramref name="least"/> to <paramref name="most"/>.</summary>
public sealed class NumberNotation(double least, double most) : Notation<double>
{
    private readonly NumberItem _item = new(least, most);

    public override string Word => "X";

    public override double Parse(string flag, string text) => ListFlags.Number(flag, text, least, most);

    public override string? Read(JsonElement json, string example, out double value) =>
        _item.TryRead(json, out value) ? null : $"wrong value; must be a number as {example}";

    public override void Write(Utf8JsonWriter writer, double value) => _item.Write(writer, value);

    public override string Show(double value) => _item.Show(value);

    public override string? Problem(double value) => _item.Problem(value);
}

/// <summary>Off unless its flag, which has no value, is there.</summary>
public sealed class SwitchNotation : Notation<bool>
{
    public override string Word => "";

    public override bool Parse(string flag, string text) => true;

    public override string? Read(JsonElement json, string example, out bool value)
    {
        value = json.ValueKind == JsonValueKind.True;
        return json.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "wrong value; must be true or false";
    }

    public override void Write(Utf8JsonWriter writer, bool value) => writer.WriteBooleanValue(value);

    public override string Show(bool value) => value ? "true" : "false";

    public override bool Holds(bool one, bool other) => one || !other;

    public override bool Together(bool one, bool other) => one || other;
}

/// <summary>One item.</summary>
/// <param name="offered">Those that a flag takes, which may be fewer than a file does; empty for all.</param>
public sealed class OneNotation<T>(NamedItem<T> item, params T[] offered) : Notation<T>
{
    public override T Parse(string flag, string text) =>
        item.TryFind(text, out T value) && (offered.Length == 0 || offered.Contains(value)) ? value
        : throw new UserErrorException($"{flag}: '{OneLine.Of(text)}' is unknown; must be {Right}");

    private string Right => offered.Length == 0 ? item.Right : string.Join(" or ", offered.Select(item.Show));

    public override string? Read(JsonElement json, string example, out T value) =>
        item.TryRead(json, out value) ? null : $"wrong value; must be {item.Right}";

    public override void Write(Utf8JsonWriter writer, T value) => item.Write(writer, value);

    public override string Show(T value) => item.Show(value);
}
