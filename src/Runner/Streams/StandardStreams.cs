using System.Runtime.InteropServices;

namespace GpuMlp.Runner.Streams;

/// <summary>
/// The first three file descriptors, where a daemon or job runner started us without them. The next files that are opened
/// get their numbers: by the time we run, one of them is a pipe of .NET's own, and what is meant for the log would go
/// there. So the program starts itself once more, with /dev/null in their place. A closed stream then is one that nobody reads.
/// </summary>
internal static unsafe partial class StandardStreams
{
    private const int GetFlags = 1, CloseOnExec = 1, ReadWrite = 2, Executable = 1;

    /// <summary>Returns at once when all three are there; else does not return, as a rule.</summary>
    public static void Require()
    {
        if (OperatingSystem.IsWindows() || (IsInherited(0) && IsInherited(1) && IsInherited(2)))
            return;
        if (OperatingSystem.IsLinux())
            StartAgain();
    }

    /// <summary>One line to stderr, where not even the console's assembly can be loaded.</summary>
    /// <param name="text">ASCII.</param>
    public static void WriteError(string text)
    {
        byte[] bytes = new byte[text.Length + 1];
        for (int i = 0; i < text.Length; i++)
            bytes[i] = (byte)text[i];
        bytes[^1] = (byte)'\n';
        fixed (byte* first = bytes)
            _ = Write(2, first, bytes.Length);
    }

    // What .NET opens is closed upon exec; what survived the exec that made us cannot be marked so.
    private static bool IsInherited(int descriptor) => Control(descriptor, GetFlags, 0) is >= 0 and var flags && (flags & CloseOnExec) == 0;

    private static void StartAgain()
    {
        const string Self = "/proc/self/exe";
        byte[] words;
        try
        {
            words = File.ReadAllBytes("/proc/self/cmdline");
        }
        catch (IOException)
        {
            return;
        }

        // Before the descriptors of a living runtime are put to another use: from there on there is no way back.
        if (words.Length == 0 || Access(Self, Executable) != 0)
            return;
        fixed (byte* start = words)
        {
            byte*[] arguments = new byte*[words.AsSpan().Count((byte)0) + 1];
            for (int i = 0, at = 0; i < arguments.Length - 1; i++)
            {
                arguments[i] = start + at;
                at += words.AsSpan(at).IndexOf((byte)0) + 1;
            }

            int none = Open("/dev/null", ReadWrite);
            if (none < 0)
                return;
            for (int descriptor = 0; descriptor <= 2; descriptor++)
            {
                if (!IsInherited(descriptor))
                    _ = Duplicate(none, descriptor);
            }

            fixed (byte** first = arguments)
                _ = Execute(Self, first);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, byte** arguments);
}
