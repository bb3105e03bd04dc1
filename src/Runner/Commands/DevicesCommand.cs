using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Runner.Tables;

namespace GpuMlp.Runner.Commands;

/// <summary>One accelerator, in words.</summary>
/// <param name="Name">What <c>--device</c> takes.</param>
/// <param name="Memory">With its unit.</param>
/// <param name="Units">Cores, multiprocessors or compute units, with the word.</param>
/// <param name="Note">Whether <c>auto</c> takes it, or why it is skipped.</param>
internal readonly record struct DeviceRow(string Name, string Kind, string Memory, string Units, string Note);

/// <summary><c>gpumlp devices</c>: what there is to train on.</summary>
internal static class DevicesCommand
{
    public static int Run(CommandIo io)
    {
        Print(List(), io);
        return ExitCodes.Done;
    }

    /// <summary>One table, plain text when piped.</summary>
    public static void Print(IReadOnlyList<DeviceRow> devices, CommandIo io)
    {
        TextTable table = new("Devices", ["name", "kind", "memory", "units", "note"], rightAlignedFrom: null);
        foreach (DeviceRow device in devices)
        {
            table.Add(device.Name, device.Kind, device.Memory, device.Units, device.Note);
        }

        table.Write(io.Out, io.OutIsTerminal);
    }

    private static List<DeviceRow> List()
    {
        double gib = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        string memory = gib.ToString("0.0", CultureInfo.InvariantCulture) + " GiB";
        return [new DeviceRow("cpu", "CPU", memory, $"{Environment.ProcessorCount} threads", "taken by auto")];
    }
}
