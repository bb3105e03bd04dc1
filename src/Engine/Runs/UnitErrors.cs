using System.Text.Encodings.Web;
using System.Text.Json;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;

namespace GpuMlp.Engine.Runs;

/// <summary>Why a unit could not be finished.</summary>
/// <param name="Error">One line.</param>
/// <param name="Detail">With the stack trace.</param>
public sealed record UnitError(
    int Unit, string Task, int Seed, int FirstModel, int Models, string Error, string Detail, string Host, DateTime AtUtc);

/// <summary>
/// <c>errors/unit-000012.json</c>: a unit that threw, while the others went on. The file goes when the unit is finished after all.
/// </summary>
public static class UnitErrors
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        // Messages with quotes stay readable; no browser ever takes this file for a script.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static void Write(string path, WorkUnit unit, Exception error)
    {
        AtomicFile.CreateFolder(Path.GetDirectoryName(path)!);
        UnitError record = new(
            unit.Id, unit.Task.ToString(), unit.Seed, unit.FirstModel, unit.ModelCount,
            OneLine.Of(error.Message), error.ToString(), Environment.MachineName, DateTime.UtcNow);
        AtomicFile.Write(path, stream =>
        {
            JsonSerializer.Serialize(stream, record, s_json);
            stream.WriteByte((byte)'\n');
        });
    }

    /// <returns>Null when there is no such file, or it is damaged: an error report is worth no second error.</returns>
    public static UnitError? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<UnitError>(RegularFile.ReadAllBytes(path), s_json);
        }
        catch (Exception e) when (e is JsonException || StorageErrors.IsStorage(e))
        {
            return null;
        }
    }

    internal static void Clear(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // No unit ever failed.
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            // Not ours to delete: the unit is finished all the same, and a finished unit counts more than an old error.
        }
    }
}
