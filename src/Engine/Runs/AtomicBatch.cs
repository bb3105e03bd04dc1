using System.Runtime.InteropServices;
using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// Many files, each there whole or not at all, as <see cref="AtomicFile"/> writes them, but flushed to the disk together:
/// a flush waits for the disk, and a merge writes two files a cohort. What is not committed is removed at the end.
/// </summary>
/// <param name="manifest">Takes in every file.</param>
internal sealed partial class AtomicBatch(RunManifest manifest) : IDisposable
{
    // A flush costs about as much for so many files as for one.
    private const int MostPending = 256;

    private readonly List<(string Temporary, string Path)> _pending = [];

    /// <summary>Writes a file; it appears under its name with one of the next commits.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path), temporary = Path.Combine(
            Path.GetDirectoryName(full)!,
            AtomicFile.TemporaryName(Path.GetFileName(full)));
        _pending.Add((temporary, full));
        try
        {
            using FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16);
            write(stream);
            manifest.Add(path, stream);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, path);
        }

        if (_pending.Count >= MostPending)
        {
            Commit();
        }
    }

    /// <summary>Makes all files of the batch appear.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void Commit()
    {
        string at = _pending.Count > 0 ? _pending[0].Path : "";
        try
        {
            Flush();
            foreach ((string temporary, string path) in _pending)
            {
                at = path;
                File.Move(temporary, path, overwrite: true);
            }

            foreach (string folder in _pending.Select(file => Path.GetDirectoryName(file.Path)!).Distinct())
            {
                AtomicFile.FlushFolder(folder);
            }

            _pending.Clear();
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, at);
        }
    }

    public void Dispose()
    {
        foreach ((string temporary, _) in _pending)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception e) when (StorageErrors.IsStorage(e))
            {
                // The next start removes it.
            }
        }
    }

    private void Flush()
    {
        if (_pending.Count > 1 && OperatingSystem.IsLinux() && FlushFileSystem(_pending[0].Temporary))
        {
            return;
        }

        foreach ((string temporary, _) in _pending)
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(temporary, access: FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
    }

    /// <summary>All files of a run lie in one file system, which Linux flushes as a whole.</summary>
    /// <returns>False where that is not supported or failed: then each file tells for itself.</returns>
    private static bool FlushFileSystem(string file)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(file, access: FileAccess.ReadWrite);
        return SyncFileSystem(handle) == 0;
    }

    [LibraryImport("libc", EntryPoint = "syncfs")]
    private static partial int SyncFileSystem(Microsoft.Win32.SafeHandles.SafeFileHandle file);
}
