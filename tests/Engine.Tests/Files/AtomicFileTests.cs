using System.Diagnostics;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Files;

public sealed class AtomicFileTests
{
    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        AtomicFile.Write(folder.File("f"), "old"u8);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder.File("f"), stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(folder.File("f")));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_file_is_created_once_only()
    {
        using TemporaryFolder folder = new();
        Assert.True(AtomicFile.TryCreate(folder.File("f"), stream => stream.Write("first"u8)));
        Assert.False(AtomicFile.TryCreate(folder.File("f"), stream => stream.Write("second"u8)));
        Assert.Equal("first", File.ReadAllText(folder.File("f")));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_rename_that_was_done_but_reported_as_failed_is_success()
    {
        using TemporaryFolder folder = new();
        AtomicFile.WriteThrough(folder.File("f"), Write, path => File.ReadAllText(path) == "new", (from, to, overwrite) =>
        {
            // As over NFS, when the answer to the first try was lost and the second finds nothing to rename.
            File.Move(from, to, overwrite);
            throw new IOException("Stale file handle");
        });
        Assert.Equal("new", File.ReadAllText(folder.File("f")));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_rename_that_fails_while_another_process_wrote_the_same_is_success()
    {
        using TemporaryFolder folder = new();
        AtomicFile.WriteThrough(folder.File("f"), Write, path => File.ReadAllText(path) == "new", (_, to, _) =>
        {
            File.WriteAllText(to, "new");
            throw new IOException("Input/output error");
        });
        Assert.Equal("new", File.ReadAllText(folder.File("f")));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_rename_that_fails_beside_another_file_is_an_error()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("f"), "old");
        Assert.Throws<UserErrorException>(() => AtomicFile.WriteThrough(
            folder.File("f"), Write, path => File.ReadAllText(path) == "new", (_, _, _) => throw new IOException("Input/output error")));
        Assert.Equal("old", File.ReadAllText(folder.File("f")));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_missing_folder_is_one_line_with_the_path()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("absent/f");
        UserErrorException e = Assert.Throws<UserErrorException>(() => AtomicFile.Write(path, "x"u8));
        Assert.StartsWith(path, e.Message);
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
    }

    [Fact]
    public void A_full_disk_is_exit_75_and_what_is_finished_stays()
    {
        using TemporaryFolder folder = new();
        using TinyDisk disk = new(folder.Path, "400k");
        Plan plan = Plan.Create(SampleRun.Spec with { Hidden = [64] }, SampleRun.DataHash, 784, (_, _) => new(20));
        RunDirectory run = RunDirectory.OpenOrCreate(folder.File("run"), plan);
        run.WriteUnit(SampleRun.ResultOf(plan, plan.Units[0], inputs: 100));

        // DuckDB's own words for it, through a unit too large; then those of .NET.
        AssertFull(() => run.WriteUnit(SampleRun.ResultOf(plan, plan.Units[1], inputs: 784)));
        AssertFull(() => AtomicFile.Write(run.TablePath("f"), new byte[1 << 20]));
        Assert.Equal([0], run.FinishedUnits());
        Assert.DoesNotContain(Directory.EnumerateFiles(run.Path, "*", SearchOption.AllDirectories), AtomicFile.IsTemporary);

        static void AssertFull(Action write)
        {
            UserErrorException e = Assert.Throws<UserErrorException>(write);
            Assert.Equal(ExitCodes.Interrupted, e.ExitCode);
            Assert.Contains("disk full", e.Message);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private static void Write(string temporary) => File.WriteAllText(temporary, "new");

    /// <summary>A small file system in memory, where the system lets the test mount one.</summary>
    private sealed class TinyDisk : IDisposable
    {
        private readonly string _folder;

        public TinyDisk(string folder, string size)
        {
            _folder = folder;
            Assert.SkipUnless(
                OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder) == 0,
                "needs the right to mount a tmpfs (root on Linux)");
        }

        public void Dispose() => Run("umount", _folder);

        private static int Run(string command, params string[] arguments)
        {
            ProcessStartInfo start = new(command, arguments) { RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
