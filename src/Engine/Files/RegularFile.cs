using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GpuMlp.Engine.Files;

/// <summary>
/// Opens files that a command reads back from a run. A pipe in the place of a file would keep a reader waiting for ever; here it
/// is refused at once. Links to files are followed: what counts is what is read.
/// </summary>
internal static partial class RegularFile
{
    // ENXIO: what opening a socket gives.
    private const int ReadOnly = 0, NoDevice = 6;

    /// <summary>Opens a file for reading; whoever writes or renames it meanwhile may do so.</summary>
    /// <exception cref="NotRegularFileException">A folder, pipe, socket or terminal.</exception>
    /// <exception cref="IOException">Not there, or cannot be read; so does <see cref="UnauthorizedAccessException"/>.</exception>
    public static FileStream Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            // Pipes have no place in folders there.
            return OpenByRuntime(path);
        }

        int descriptor = OpenAtOnce(path, ReadOnly | DoNotWait | CloseOnExec);
        if (descriptor < 0)
        {
            // The runtime fails too, with the exception that it has for the reason.
            return Marshal.GetLastPInvokeError() == NoDevice
                ? throw new NotRegularFileException("a socket or device")
                : OpenByRuntime(path);
        }

        FileStream stream = new(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        if (!stream.CanSeek || File.GetAttributes(stream.SafeFileHandle).HasFlag(FileAttributes.Directory))
        {
            string what = stream.CanSeek ? "a folder" : "a pipe or terminal";
            stream.Dispose();
            throw new NotRegularFileException(what);
        }

        return stream;
    }

    /// <summary>The whole file, as long as it was when it was opened: a device that gives bytes without end has length 0.</summary>
    /// <inheritdoc cref="Open"/>
    public static byte[] ReadAllBytes(string path)
    {
        using FileStream stream = Open(path);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static FileStream OpenByRuntime(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    // Without them a pipe's reader waits for a writer, and child processes inherit the file.
    private static int DoNotWait => OperatingSystem.IsMacOS() ? 0x4 : 0x800;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenAtOnce(string path, int flags);
}

/// <summary>Something else stands where a file must be.</summary>
/// <param name="what">As in <c>a pipe</c>.</param>
internal sealed class NotRegularFileException(string what) : IOException($"{what}, not a regular file");
