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
    /// <param name="where">File and place, for messages: put before each field.</param>
    /// <returns>The owner, and the names of the fields that are there.</returns>
    /// <exception cref="UserErrorException">A field is unknown, occurs twice or holds the wrong kind of value.</exception>
    public static (TOwner Owner, IReadOnlySet<string> Seen) Read<TOwner>(
        JsonElement element, IReadOnlyList<Field<TOwner>> fields, TOwner start, string where)
        where TOwner : new()
    {
        Field<TOwner>[] known = [.. fields.Where(field => field.PartOf is null)];
        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = property.Name;
            string? problem = !seen.Add(name) ? "occurs twice; must be there once"
                : Array.Find(known, field => field.Name == name) is not { } field
                    ? $"unknown field; must be one of {string.Join(", ", known.Select(field => field.Name))}"
                    : field.Read(property.Value, ref start);
            if (problem is not null)
                throw new UserErrorException($"{where}{OneLine.Of(name)}: {problem}");
        }

        return (start, seen);
    }
}
