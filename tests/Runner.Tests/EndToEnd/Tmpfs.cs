using System.Diagnostics;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A file system of a few kilobytes, to fill up.</summary>
internal sealed class Tmpfs : IDisposable
{
    private Tmpfs(string path) => Path = path;

    public string Path { get; }

    /// <returns>Null where we may not mount.</returns>
    public static Tmpfs? TryMount(string path, string size)
    {
        Directory.CreateDirectory(path);
        return OperatingSystem.IsLinux() && Does("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path) ? new Tmpfs(path) : null;
    }

    public void Resize(string size) => Does("mount", "-o", $"remount,size={size}", Path);

    /// <param name="mode"><c>ro</c> or <c>rw</c>.</param>
    public void Remount(string mode) => Does("mount", "-o", $"remount,{mode}", Path);

    public void Dispose() => Does("umount", "-l", Path);

    private static bool Does(string command, params string[] args)
    {
        try
        {
            var start = new ProcessStartInfo(command, args) { RedirectStandardError = true, RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No such command here.
            return false;
        }
    }
}
