using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Tests.Files;

public sealed class StorageErrorsTests
{
    // errno of Linux.
    private const int TooManyFiles = 24, NoSpace = 28;

    [Fact]
    public void A_process_that_has_too_many_files_open_is_told_the_limit_and_can_be_resumed()
    {
        UserErrorException error = StorageErrors.Map(new IOException("Too many open files", TooManyFiles), "runs/mine");
        Assert.StartsWith("runs/mine: ulimit -n: ", error.Message);
        Assert.Contains("must be at least 256; what is finished stays", error.Message);
        Assert.Equal(ExitCodes.Interrupted, error.ExitCode);
    }

    [Fact]
    public void A_full_disk_is_called_so() => Assert.Equal("disk full", StorageErrors.Reason(new IOException("No space left", NoSpace)));
}
