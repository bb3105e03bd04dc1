using System.Text.Json;
using GpuMlp.Engine;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Verification;
using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Streams;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class VerifyCommandTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_table_fits_a_terminal_and_names_what_failed_below(bool isTerminal)
    {
        VerificationResult[] results =
        [
            new("HiddenBackward, sparse, 512 bit", new Deviation(), null),
            new("twice the same bits", new Deviation(), "W1[3]: expected bits of 0.5, actual 0.25"),
        ];
        using StringWriter writer = new(), progress = new();
        int failed = VerifyCommand.Print(
            "Verification", results, results.Length, new CommandIo(writer, progress, isTerminal, ErrorIsTerminal: false));
        string text = Cli.WithoutEscapes(writer.ToString());
        Assert.Equal(1, failed);
        Assert.All(Cli.Lines(text), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
        Assert.Matches(@"HiddenBackward, sparse, 512 bit +ok", text);
        Assert.Matches(@"twice the same bits +FAILED", text);
        Assert.Contains("FAILED twice the same bits: W1[3]: expected bits of 0.5, actual 0.25", text);
        Assert.Contains("1 of 2 checks hold", text);

        // Whoever waits, or is cut off, has seen each result as soon as there was one.
        Assert.Matches(
            @"^ *0\.\d s  1/2  ok     HiddenBackward, sparse, 512 bit\r?\n *0\.\d s  2/2  FAILED twice the same bits: W1\[3\]",
            progress.ToString());
    }

    [Fact]
    public void Anything_that_failed_is_exit_4_and_the_legend_fits_a_terminal()
    {
        using StringWriter writer = new();
        CommandIo io = Cli.Piped(writer, TextWriter.Null);
        Assert.Equal(0, VerifyCommand.Conclude(0, io));
        Assert.All(Cli.Lines(writer.ToString()), line => Assert.InRange(line.Length, 0, 81));
        Assert.Equal(4, Assert.Throws<UserErrorException>(() => VerifyCommand.Conclude(1, io)).ExitCode);
    }

    [Fact]
    public void Programs_are_told_every_check_and_its_numbers_where_it_has_some()
    {
        using var cpu = ComputeDevice.Open(DeviceList.Cpu(), 2);
        VerificationResult numbers = DeviceVerification.Checks(cpu, isQuick: true)[0].Run();
        using StringWriter writer = new();
        VerifyCommand.WriteJson(
            [new(DeviceList.Cpu(), [numbers, new("twice the same bits", new Deviation(), "W1[3] differs")])],
            Cli.Piped(writer, TextWriter.Null));
        using var json = JsonDocument.Parse(writer.ToString());
        Assert.False(json.RootElement.GetProperty("holds").GetBoolean());
        JsonElement device = json.RootElement.GetProperty("devices").EnumerateArray().Single();
        Assert.Equal("cpu", device.GetProperty("id").GetString());
        JsonElement[] checks = [.. device.GetProperty("checks").EnumerateArray()];
        Assert.True(numbers.Deviation.Values > 0);
        Assert.Equal(
            (numbers.Name, numbers.Deviation.Values, numbers.Deviation.Relative),
            (checks[0].GetProperty("name").GetString(), checks[0].GetProperty("values").GetInt64(),
                checks[0].GetProperty("error").GetDouble()));
        Assert.Equal(JsonValueKind.Null, checks[0].GetProperty("failure").ValueKind);
        Assert.Equal(JsonValueKind.Null, checks[1].GetProperty("error").ValueKind);
        Assert.Equal("W1[3] differs", checks[1].GetProperty("failure").GetString());
    }

    [Fact]
    public void A_device_that_is_absent_exits_70_and_a_word_that_names_none_2()
    {
        Assert.Equal(70, Cli.Run("verify", "--device", "cuda:99").ExitCode);
        Assert.Equal(2, Cli.Run("verify", "--device", "gpu").ExitCode);
        Assert.Equal(2, Cli.Run("verify", "--threads", "0").ExitCode);
    }
}
