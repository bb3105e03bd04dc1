using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace GpuMlp.Engine.Files;

/// <summary>
/// Files that are there whole or not at all, through crashes and power cuts: written under a unique temporary name in the
/// same folder, flushed to the disk, renamed. Two processes that write the same file at once do no harm: one of the two wins.
/// </summary>
public static partial class AtomicFile
{
    private const string Suffix = ".tmp";

    // A temporary file of another machine, or of a process that cannot be asked, counts as left over after this time
    // without a write; writing one takes seconds.
    private static readonly TimeSpan s_staleAfter = TimeSpan.FromHours(1);

    private static readonly string s_owner = Owner();

    /// <summary>Writes a file, replacing an old one.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>; the old file is untouched.</exception>
    public static void Write(string path, Action<Stream> write) =>
        WriteThrough(path, temporary => Fill(temporary, write));

    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        byte[] copy = bytes.ToArray();
        Write(path, stream => stream.Write(copy));
    }

    /// <summary>Writes a file unless there is one, even if another process makes it at the same moment.</summary>
    /// <returns>False when there was one.</returns>
    public static bool TryCreate(string path, Action<Stream> write) =>
        Commit(path, temporary => Fill(temporary, write), overwrite: false, isValid: null, File.Move);

    /// <summary>For libraries that want a path: <paramref name="writeTemporary"/> makes the file at the path that it is given.</summary>
    /// <param name="isValid">
    /// Asked when the rename fails: whether the file under its final name is as good as the one that was to take its place.
    /// Over NFS a rename that was done can be answered with an error, when the answer to the first try was lost; and another
    /// process may have written the same file meanwhile.
    /// </param>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>; the old file is untouched.</exception>
    public static void WriteThrough(string path, Action<string> writeTemporary, Func<string, bool>? isValid = null) =>
        WriteThrough(path, writeTemporary, isValid, File.Move);

    /// <param name="move">Renames the first path to the second, which may exist if the third argument says so.</param>
    internal static void WriteThrough(
        string path,
        Action<string> writeTemporary,
        Func<string, bool>? isValid,
        Action<string, string, bool> move) =>
        Commit(path, writeTemporary, overwrite: true, isValid, move);

    /// <summary>Makes a folder (and those above it) that a power cut does not take away again.</summary>
    public static void CreateFolder(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path);
                FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            }
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, path);
        }
    }

    /// <summary>
    /// <see cref="CreateFolder"/> for what a command writes beside runs, without the temporary files that a killed one left there.
    /// </summary>
    /// <exception cref="UserErrorException">The folder cannot be made.</exception>
    public static void OpenFolder(string path)
    {
        CreateFolder(path);
        try
        {
            Remove(path, IsOfDeadProcess);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            // A folder may be writable without being readable.
        }
    }

    /// <summary>Removes temporary files of dead processes from one folder; files that a living process may be writing stay.</summary>
    /// <returns>How many were removed.</returns>
    internal static int RemoveStale(string folder) => Remove(folder, IsStale);

    private static int Remove(string folder, Func<string, bool> isLeft)
    {
        int removed = 0;
        foreach (string path in Directory.EnumerateFiles(folder, $".*{Suffix}"))
        {
            try
            {
                if (IsTemporary(path) && isLeft(path))
                {
                    File.Delete(path);
                    removed++;
                }
            }
            catch (Exception e) when (StorageErrors.IsStorage(e))
            {
                // Gone meanwhile, or not ours to delete: either way no harm.
            }
        }

        return removed;
    }

    /// <summary>Whether a path has the form of our temporary names: <c>.NAME.OWNER.PID.RANDOM.tmp</c>.</summary>
    internal static bool IsTemporary(string path)
    {
        string name = Path.GetFileName(path);
        return name.StartsWith('.') && name.EndsWith(Suffix, StringComparison.Ordinal) && name.Split('.').Length >= 6;
    }

    internal static string TemporaryName(string name) => OwnedName($".{name}", Suffix);

    /// <summary>A name that no other process uses and that tells whose it is: <c>NAME.OWNER.PID.RANDOM</c> and the suffix.</summary>
    /// <param name="suffix">With its dot.</param>
    internal static string OwnedName(string name, string suffix) =>
        $"{name}.{s_owner}.{Environment.ProcessId}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}{suffix}";

    /// <summary>Whether an <see cref="OwnedName"/> belongs to a process of this machine that is no more.</summary>
    internal static bool IsOfDeadProcess(string path)
    {
        string[] parts = Path.GetFileName(path).Split('.');
        return parts.Length >= 5 && parts[^4] == s_owner
            && int.TryParse(parts[^3], NumberStyles.None, CultureInfo.InvariantCulture, out int process) && !IsAlive(process);
    }

    private static bool Commit(
        string path, Action<string> writeTemporary, bool overwrite, Func<string, bool>? isValid, Action<string, string, bool> move)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full)!;
        string temporary = Path.Combine(folder, TemporaryName(Path.GetFileName(full)));
        try
        {
            writeTemporary(temporary);
            using (Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(temporary, access: FileAccess.ReadWrite))
            {
                RandomAccess.FlushToDisk(handle);
            }

            try
            {
                move(temporary, full, overwrite);
            }
            catch (IOException) when (isValid is not null && File.Exists(full) && isValid(full))
            {
                TryDelete(temporary);
            }

            FlushFolder(folder);
            return true;
        }
        catch (Exception e)
        {
            TryDelete(temporary);
            if (!overwrite && e is IOException && File.Exists(full))
            {
                return false;
            }

            if (StorageErrors.IsStorage(e))
            {
                throw StorageErrors.Map(e, path);
            }

            throw;
        }
    }

    private static void Fill(string temporary, Action<Stream> write)
    {
        using FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        write(stream);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            // The first failure is the one to tell; the next start removes the file.
        }
    }

    private static bool IsStale(string path) =>
        IsOfDeadProcess(path) || DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > s_staleAfter;

    private static bool IsAlive(int process)
    {
        try
        {
            using Process _ = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Where process numbers mean the same: a machine and, in containers that share its name, their process namespace.</summary>
    private static string Owner()
    {
        string space = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName}/{space}")))[..8];
    }

    /// <summary>A rename lasts only once its folder is on the disk. Windows has no such call and needs none.</summary>
    internal static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            // A folder may be writable without being readable; the rename itself has succeeded.
            return;
        }

        int result = Fsync(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);

        // Some file systems (EINVAL, ENOTSUP) cannot flush folders; those that can and fail have lost data.
        const int InvalidArgument = 22;
        int notSupported = OperatingSystem.IsMacOS() ? 45 : 95;
        if (result != 0 && error != InvalidArgument && error != notSupported)
        {
            throw new IOException($"could not flush the folder: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }

    // Flag 0 is O_RDONLY everywhere.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
