using System.Text.Json;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Fields;

/// <summary>The column that a field is of every table of results: its place among the first ones from 0, name and DuckDB type.</summary>
public sealed record KeyColumn(int Place, string Name, string Type);

/// <summary>
/// One thing that can be said of a <typeparamref name="TOwner"/>, declared once: what it is called in files and flags, how it is
/// written, what is right, what it is when nobody says it, and what help tells of it. Whatever goes through all fields (flags, spec
/// files, plans, checks, differences, help, key columns) walks the owner's list of them.
/// </summary>
/// <param name="name">In spec files and plans: <c>init_std</c>.</param>
public abstract class Field<TOwner>(string name)
    where TOwner : new()
{
    public string Name => name;

    /// <summary><c>--init-std</c> for <c>init_std</c>; what messages call the field, also where <see cref="Help"/> is empty.</summary>
    public string FlagName { get; } = Fields.Flag.NameOf(name);

    /// <summary>Of the flag; empty for a field that only files can give.</summary>
    public string Help { get; init; } = "";

    /// <summary>A value as it is typed, for messages about flags and, as JSON, about files.</summary>
    public string Example { get; init; } = "";

    /// <inheritdoc cref="Flag.Section"/>
    public string Section { get; init; } = "";

    /// <summary>
    /// The field of which this is a part, such as one kind of several: then it has a flag, and files and messages know the whole
    /// alone. Parts stand behind their whole, in the order in which they change it.
    /// </summary>
    public string? PartOf { get; init; }

    /// <summary>
    /// Younger than the plans of some runs: files leave it out where it is as it was before it existed, so that these keep their hash.
    /// </summary>
    public bool IsYounger { get; init; }

    /// <summary>Null for a field that tells no model from another.</summary>
    public KeyColumn? Column { get; init; }

    /// <summary>Whether a longer list makes more models; the lists behind key columns always do.</summary>
    public bool MakesModels
    {
        get => field || Column is not null;
        init;
    }

    /// <summary>Null for a field that only files can give.</summary>
    public Flag? Flag => Help.Length == 0 ? null : new Flag(FlagName, Value, Help, Example, Section);

    /// <inheritdoc cref="Flag.Value"/>
    public abstract string Value { get; init; }

    /// <summary>Sets it to what the command line says.</summary>
    /// <param name="owner">With the fields that stand before this one in the list.</param>
    /// <param name="text">Empty for a switch.</param>
    /// <param name="data">What the owner is meant for.</param>
    /// <param name="place">What messages call the field; null for its flag.</param>
    /// <exception cref="UserErrorException">One line that names the flag.</exception>
    public abstract TOwner Take(TOwner owner, string text, Dataset data, string? place = null);

    /// <summary>The same for a field that needs no data.</summary>
    public abstract TOwner Take(TOwner owner, string text);

    /// <summary>
    /// Whether only <see cref="Take(TOwner, string, Dataset, string)"/>, which has the data and other fields, can read all that a flag may
    /// say.
    /// </summary>
    public abstract bool NeedsData { get; }

    /// <summary>What is wrong with the value and what would be right, without the field's name; null when nothing is.</summary>
    public abstract string? Problem(TOwner owner);

    /// <summary>For people; long lists are cut.</summary>
    public abstract string Show(TOwner owner);

    /// <summary>The items of a list as they are typed; of a single value that one.</summary>
    public abstract IReadOnlyList<string> Items(TOwner owner);

    /// <summary>The items that a text behind the flag names.</summary>
    /// <exception cref="UserErrorException">One line that names the flag.</exception>
    public abstract IReadOnlyList<string> ItemsOf(string text);

    /// <summary>Items of a list; 1 for a single value.</summary>
    public abstract int Count(TOwner owner);

    public abstract bool Same(TOwner one, TOwner other);

    /// <inheritdoc cref="Notation{T}.Holds"/>
    public abstract bool Holds(TOwner one, TOwner other);

    /// <summary>The first owner with what both say in this field, see <see cref="Notation{T}.Together"/>.</summary>
    public abstract TOwner Together(TOwner one, TOwner other);

    /// <summary>The owner with the value of a new one.</summary>
    public abstract TOwner Reset(TOwner owner);

    /// <summary>Whether files leave it out.</summary>
    public abstract bool IsLeftOut(TOwner owner);

    /// <summary>Sets it to what a file says, if that is of the right kind; it may still be out of range.</summary>
    /// <returns>What is wrong and what would be right; null when nothing is.</returns>
    public abstract string? Read(JsonElement json, ref TOwner owner);

    /// <summary>Writes name and value.</summary>
    public abstract void Write(Utf8JsonWriter writer, TOwner owner);
}

/// <summary>A field of one type.</summary>
/// <param name="name">See <see cref="Field{TOwner}"/>.</param>
/// <param name="get">Its value.</param>
/// <param name="set">The owner with another value.</param>
/// <param name="notation">How values are written, and which ones are right.</param>
public sealed class Field<TOwner, T>(string name, Func<TOwner, T> get, Func<TOwner, T, TOwner> set, Notation<T> notation)
    : Field<TOwner>(name)
    where TOwner : new()
{
    private static readonly TOwner s_usual = new();

    public override string Value { get; init; } = notation.Word;

    /// <summary>Reads the flag where that needs the data or other fields: from owner, flag, text and data.</summary>
    public Func<TOwner, string, string, Dataset, T>? FromText { get; init; }

    /// <summary>What a value that is right by itself must be beside the other fields; null when it is.</summary>
    public Func<TOwner, string?>? Rule { get; init; }

    public override bool NeedsData => FromText is not null;

    public override TOwner Take(TOwner owner, string text, Dataset data, string? place = null)
    {
        string name = place ?? FlagName;
        return set(owner, FromText is null ? notation.Parse(name, text) : FromText(owner, name, text, data));
    }

    public override TOwner Take(TOwner owner, string text) => set(owner, notation.Parse(FlagName, text));

    public override string? Problem(TOwner owner) => notation.Problem(get(owner)) ?? Rule?.Invoke(owner);

    public override string Show(TOwner owner) => notation.Show(get(owner));

    public override IReadOnlyList<string> Items(TOwner owner) => notation.Items(get(owner));

    public override IReadOnlyList<string> ItemsOf(string text) => notation.Items(notation.Parse(FlagName, text));

    public override int Count(TOwner owner) => notation.Count(get(owner));

    public override bool Same(TOwner one, TOwner other) => notation.Same(get(one), get(other));

    public override bool Holds(TOwner one, TOwner other) => notation.Holds(get(one), get(other));

    public override TOwner Together(TOwner one, TOwner other) => set(one, notation.Together(get(one), get(other)));

    public override TOwner Reset(TOwner owner) => set(owner, get(s_usual));

    public override bool IsLeftOut(TOwner owner) => IsYounger && Same(owner, s_usual);

    public override string? Read(JsonElement json, ref TOwner owner)
    {
        string? problem = notation.Read(json, Example, out T value);
        if (problem is null)
            owner = set(owner, value);
        return problem;
    }

    public override void Write(Utf8JsonWriter writer, TOwner owner)
    {
        writer.WritePropertyName(Name);
        notation.Write(writer, get(owner));
    }
}
