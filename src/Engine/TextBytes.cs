using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace GpuMlp.Engine;

/// <summary>
/// Text that people give in files. Decoders put a placeholder where bytes are no text, so names and paths would change
/// without a word; here such bytes are refused by line.
/// </summary>
internal static class TextBytes
{
    /// <summary>Reads a file that may be a pipe or a device without end.</summary>
    /// <returns>Null when it holds more than <paramref name="most"/> bytes.</returns>
    /// <exception cref="IOException">As <see cref="File.ReadAllBytes"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static byte[]? ReadAtMost(string path, int most)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        using MemoryStream bytes = new(file.CanSeek ? (int)Math.Min(file.Length, most) : 0);
        byte[] piece = new byte[1 << 16];
        while (file.Read(piece) is > 0 and int got)
        {
            if (bytes.Length + got > most)
                return null;
            bytes.Write(piece, 0, got);
        }

        return bytes.Length == bytes.Capacity ? bytes.GetBuffer() : bytes.ToArray();
    }

    /// <summary>Without the byte order mark that editors on Windows put first.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(byte[] utf8) => utf8 is [0xEF, 0xBB, 0xBF, ..] ? utf8.AsMemory(3) : utf8;

    /// <summary>Refuses what is not UTF-8.</summary>
    /// <param name="where">The file, for messages.</param>
    /// <exception cref="UserErrorException">One line that names the file, the line and the byte.</exception>
    public static void CheckUtf8(ReadOnlySpan<byte> text, string where)
    {
        if (Utf8.IsValid(text))
            return;
        int at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out int length) == OperationStatus.Done)
            at += length;
        throw new UserErrorException(
            $"{where}: line {LineOf(text, at)}: byte 0x{text[at]:X2} there is not UTF-8; the file must be saved as UTF-8");
    }

    /// <summary>Refuses JSON that is not UTF-8, and texts in it with half a surrogate pair, which are no text at all.</summary>
    /// <param name="where">The file, for messages.</param>
    /// <param name="options">How the JSON will be parsed.</param>
    /// <exception cref="UserErrorException">One line that names the file and the line.</exception>
    /// <exception cref="JsonException">Not JSON.</exception>
    public static void CheckJson(ReadOnlySpan<byte> json, string where, JsonReaderOptions options)
    {
        CheckUtf8(json, where);
        if (json.IndexOf("\\u"u8) < 0)
            return;
        Utf8JsonReader reader = new(json, options);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && !IsText(ref reader))
            {
                throw new UserErrorException(
                    $"{where}: line {LineOf(json, (int)reader.TokenStartIndex)}: a text with half a surrogate pair (\\ud800 to \\udfff); "
                    + "both halves or none must be there");
            }
        }
    }

    private static bool IsText(ref Utf8JsonReader reader)
    {
        try
        {
            reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static int LineOf(ReadOnlySpan<byte> text, int at) => 1 + text[..at].Count((byte)'\n');
}
