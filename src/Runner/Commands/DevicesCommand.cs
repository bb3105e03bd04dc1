using System.Globalization;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Tables;
using GpuMlp.Runner.Verbs;
using ILGPU.Runtime;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp devices</c>: what there is to train on.</summary>
internal static class DevicesCommand
{
    internal sealed class Options : CommandOptions
    {
        [Option("json"), Flag("the same as one JSON object, for programs")]
        public bool Json { get; set; }

        public override bool OnlyPrints => true;

        public override bool IsLight => true;
    }

    public static Verb Verb { get; } = new Verb<Options>("devices", Run)
    {
        Summary = "every accelerator seen and which one `auto` takes",
        About = """
            gpumlp devices lists every accelerator that can be used, with memory, compute
            units and driver; what was skipped, and why; and what --device auto takes:
            CUDA, then an OpenCL GPU, then the CPU. A CPU that OpenCL offers is used only
            when it is asked for.
            """,
    };

    // The longest name and driver that leave the table within 80 columns.
    private const int NameWidth = 23, DriverWidth = 22;

    private static int Run(Options options, CommandIo io)
    {
        if (options.Json)
            WriteJson(DeviceList.Find(), io);
        else
            Print(DeviceList.Find(), io);
        return ExitCodes.Done;
    }

    /// <summary>The same for programs, skipped devices among the others.</summary>
    public static void WriteJson(IReadOnlyList<DeviceInfo> devices, CommandIo io) => JsonText.Write(io.Out, new
    {
        JsonText.Format,
        Auto = DeviceSelection.Choose("--device", DeviceRequest.Auto, devices, Environment.ProcessorCount).Devices.Select(one => one.Id),
        Devices = devices.Select(device => new
        {
            device.Id,
            Kind = device.KindName,
            device.Name,
            device.MemoryBytes,
            device.Units,
            device.Driver,
            Usable = device.IsUsable,
            device.Skipped,
        }),
    });

    /// <summary>What can be used as a table (plain text when piped), what is skipped as a list, and what auto takes.</summary>
    public static void Print(IReadOnlyList<DeviceInfo> devices, CommandIo io)
    {
        TextTable table = new("Devices", ["device", "name", "memory", "units", "driver"], rightAlignedFrom: null);
        foreach (DeviceInfo device in devices.Where(device => device.IsUsable))
        {
            table.Add(
                device.Id,
                Short(device.Name, NameWidth),
                Memory(device.MemoryBytes),
                Units(device),
                Short(device.Driver, DriverWidth));
        }

        table.Write(io.Out, io.OutIsTerminal);

        DeviceInfo[] skipped = [.. devices.Where(device => !device.IsUsable)];
        if (skipped.Length > 0)
        {
            io.Out.WriteLine();
            io.Out.WriteLine("Skipped");
            foreach (DeviceInfo device in skipped)
            {
                io.Out.WriteLine(
                    $"  {device.KindName,-6}  {(device.Name.Length > 0 ? $"{device.Name} ({device.Driver}): " : "")}{device.Skipped}");
            }
        }

        var auto = DeviceSelection.Choose("--device", DeviceRequest.Auto, devices, Environment.ProcessorCount);
        io.Out.WriteLine();
        io.Out.WriteLine($"--device auto takes {string.Join(", ", auto.Devices.Select(device => device.Id))}");
    }

    private static string Units(DeviceInfo device) => device.Kind switch
    {
        AcceleratorType.CPU => $"{device.Units} threads",
        AcceleratorType.Cuda => $"{device.Units} SMs",
        _ => $"{device.Units} CUs",
    };

    private static string Memory(long bytes) => (bytes / (double)(1L << 30)).ToString("0.0", CultureInfo.InvariantCulture) + " GiB";

    private static string Short(string text, int most) => text.Length <= most ? text : string.Concat(text.AsSpan(0, most - 3), "...");
}
