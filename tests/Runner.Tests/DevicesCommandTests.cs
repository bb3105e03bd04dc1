using System.Text.Json;
using GpuMlp.Kernels.Devices;
using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Streams;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class DevicesCommandTests
{
    private static readonly DeviceInfo[] s_devices =
    [
        new(
            AcceleratorType.Cuda,
            0,
            "NVIDIA H100 80GB HBM3 with a very long name",
            85_000_000_000,
            132,
            "535.104.05, CUDA 12.2",
            IsGpu: true,
            Skipped: null),
        new(AcceleratorType.OpenCL, 0, "cpu-skylake", 6_000_000_000, 2, "PoCL 6.0", IsGpu: false, Skipped: null),
        new(
            AcceleratorType.OpenCL,
            -1,
            "NVIDIA H100",
            85_000_000_000,
            132,
            "535.104.05",
            IsGpu: true,
            "no generic address space (NVIDIA's OpenCL has none; use cuda)"),
        new(AcceleratorType.CPU, 0, "CPU", 25_000_000_000, 16, "", IsGpu: false, Skipped: null),
    ];

    [Fact]
    public void Programs_are_told_the_same_and_what_is_skipped_among_the_others()
    {
        StringWriter text = new();
        DevicesCommand.WriteJson(s_devices, new CommandIo(text, TextWriter.Null, OutIsTerminal: false, ErrorIsTerminal: false));
        using var json = JsonDocument.Parse(text.ToString());
        Assert.Equal("cuda:0", json.RootElement.GetProperty("auto").EnumerateArray().Single().GetString());
        JsonElement[] devices = [.. json.RootElement.GetProperty("devices").EnumerateArray()];
        Assert.Equal(["cuda:0", "opencl:0", "opencl", "cpu"], devices.Select(device => device.GetProperty("id").GetString()!));
        Assert.Equal([true, true, false, true], devices.Select(device => device.GetProperty("usable").GetBoolean()));
        Assert.Equal(85_000_000_000, devices[0].GetProperty("memory_bytes").GetInt64());
        Assert.StartsWith("no generic address space", devices[2].GetProperty("skipped").GetString());
        Assert.Equal(JsonValueKind.Null, devices[3].GetProperty("skipped").ValueKind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Devices_fit_a_terminal_with_what_was_skipped_below_and_what_auto_takes(bool isTerminal)
    {
        string text = Print(s_devices, isTerminal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 100));
        Assert.All(text.Split("Skipped")[0].Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
        Assert.Matches(@"cuda:0 +NVIDIA H100 80GB HBM3?\.* +79\.2 GiB +132 SMs +535\.104\.05, CUDA 12\.2", text);
        Assert.Matches(@"opencl:0 +cpu-skylake +5\.6 GiB +2 CUs +PoCL 6\.0", text);
        Assert.Matches(@"cpu +CPU +23\.3 GiB +16 threads", text);
        Assert.Contains("opencl  NVIDIA H100 (535.104.05): no generic address space", text);
        Assert.Contains("--device auto takes cuda:0", text);
    }

    [Fact]
    public void Without_drivers_the_cpu_is_listed_and_taken()
    {
        string text = Print([s_devices[2], s_devices[3] with { Units = 2 }], isTerminal: false);
        Assert.DoesNotContain("cuda:0", text);
        Assert.Contains("--device auto takes cpu", text);
    }

    private static string Print(DeviceInfo[] devices, bool isTerminal)
    {
        using StringWriter writer = new();
        DevicesCommand.Print(devices, new CommandIo(writer, TextWriter.Null, isTerminal, ErrorIsTerminal: false));
        return Cli.WithoutEscapes(writer.ToString());
    }
}
