using System.Text;
using System.Text.Json;

namespace GpuMlp.Engine.Fields;

/// <summary>All fields of an owner as one JSON object.</summary>
public static class FieldJson
{
    /// <summary>Writes every field in the order of the list, but for those that <see cref="Field{TOwner}.IsLeftOut"/>.</summary>
    public static void Write<TOwner>(Utf8JsonWriter writer, IReadOnlyList<Field<TOwner>> fields, TOwner owner)
        where TOwner : new()
    {
        writer.WriteStartObject();
        foreach (Field<TOwner> field in fields.Where(field => field.PartOf is null && !field.IsLeftOut(owner)))
            field.Write(writer, owner);
        writer.WriteEndObject();
    }

    /// <summary>One field: <c>"epochs":20</c>.</summary>
    public static string Text<TOwner>(Field<TOwner> field, TOwner owner)
        where TOwner : new()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            field.Write(writer, owner);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray())[1..^1];
    }

    /// <summary>Reads the fields that are there; the result is not checked.</summary>
    /// <param name="element">The object.</param>
    /// <param name="fields">Those that there are.</param>
    /// <param name="start">Has the values of the fields that are not there.</param>
    /// <param name="place">What messages call a field: file and place.</param>
    /// <param name="others">Names that are no fields, and may be there all the same; null for none.</param>
    /// <param name="takeOther">Takes a property with such a name.</param>
    /// <param name="texts">
    /// Takes in, by the names of fields, what is written as behind a flag and needs data to be read; null where that is wrong.
    /// </param>
    /// <returns>The owner, and the names of the fields that are there.</returns>
    /// <exception cref="UserErrorException">A field is unknown, occurs twice or holds the wrong kind of value.</exception>
    public static (TOwner Owner, IReadOnlySet<string> Seen) Read<TOwner>(
        JsonElement element, IReadOnlyList<Field<TOwner>> fields, TOwner start, Func<string, string> place,
        IReadOnlyList<string>? others = null, Action<JsonProperty>? takeOther = null, Dictionary<string, string>? texts = null)
        where TOwner : new()
    {
        Field<TOwner>[] known = [.. fields.Where(field => field.PartOf is null)];
        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = property.Name;
            if (!seen.Add(name))
                throw new UserErrorException($"{place(name)}: occurs twice; must be there once");
            if (others?.Contains(name) == true)
            {
                takeOther!(property);
                continue;
            }

            if (Array.Find(known, field => field.Name == name) is not { } field)
            {
                string[] names = [.. known.Select(field => field.Name), .. others ?? []];
                string meant = Suggestion.For(name, names) is { } near ? near + " The fields are" : "must be one of";
                throw new UserErrorException($"{place(name)}: unknown field; {meant} {string.Join(", ", names)}");
            }

            texts?.Remove(name);
            if (field.Read(property.Value, ref start) is not { } problem)
                continue;
            if (texts is not null && field.NeedsData && TextOf(property.Value) is { } text && !string.IsNullOrWhiteSpace(text))
                texts[name] = text;
            else
                throw new UserErrorException($"{place(name)}: {problem}");
        }

        return (start, seen);
    }

    /// <summary>A text, or a list of texts, as it is written behind a flag; null for anything else.</summary>
    public static string? TextOf(JsonElement json)
    {
        string?[] parts = json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray().Select(One)] : [One(json)];
        return Array.Exists(parts, part => part is null) ? null : string.Join(',', parts);

        static string? One(JsonElement one) => one.ValueKind == JsonValueKind.String ? one.GetString() : null;
    }
}
