using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Data;

/// <summary>Opens files of data and words what goes wrong with them.</summary>
internal static class DataFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="content">What should be there, for messages: <c>an IDX file of images, plain or gzipped,</c>.</param>
    /// <param name="read">Gets the file at its start; what it throws is worded as <see cref="Guard"/> does.</param>
    /// <exception cref="UserErrorException">One line that names the file.</exception>
    public static T Read<T>(string path, string content, Func<FileStream, T> read)
    {
        if (!Path.Exists(path))
            throw Fault(path, $"does not exist; {content} is expected there.");
        return Guard(path, () =>
        {
            using FileStream file = RegularFile.Open(path);
            return read(file);
        });
    }

    /// <summary>Turns what reading a file throws into one line that names it.</summary>
    /// <exception cref="UserErrorException">Damaged gzip data, no memory, or what the system says.</exception>
    public static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException damage)
        {
            // Also what the framework's inflater says, whose words are for programmers.
            string what = damage.Message.StartsWith(GzipReader.Subject, StringComparison.Ordinal) ? damage.Message : GzipReader.Damage;
            throw new UserErrorException($"'{OneLine.Of(path)}': {what}.", inner: damage);
        }
        catch (OutOfMemoryException lack)
        {
            throw new UserErrorException(
                $"'{OneLine.Of(path)}' holds more than fits the memory of this machine; the data set must be smaller.", inner: lack);
        }
        catch (NotRegularFileException other)
        {
            throw new UserErrorException($"'{OneLine.Of(path)}' is {other.Message}; data are read from files alone.", inner: other);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new UserErrorException(
                $"'{OneLine.Of(path)}' cannot be read: {OneLine.Of(fault.Message)}", inner: fault);
        }
    }

    /// <param name="fault">What the file is or does, or with a colon first what is at a place in it.</param>
    public static UserErrorException Fault(string path, string fault) =>
        new($"'{OneLine.Of(path)}'{(fault.StartsWith(':') ? "" : " ")}{fault}");

    /// <summary>The length of an array of so many bytes.</summary>
    /// <exception cref="UserErrorException">More than an array can have.</exception>
    public static int ArrayLength(string path, ulong bytes)
    {
        if (bytes > (ulong)Array.MaxLength)
            throw Fault(path, $"promises {bytes} bytes in its header; at most {Array.MaxLength} can be held in one array.");
        return (int)bytes;
    }
}
