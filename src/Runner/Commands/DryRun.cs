using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Tables;

namespace GpuMlp.Runner.Commands;

/// <summary><c>--dry-run</c>: what a sweep would do and cost. Writes nothing.</summary>
internal static class DryRun
{
    public static void Print(SweepPlanning planning, SweepEstimate estimate, DeviceSelection devices, CommandIo io)
    {
        SweepSpec spec = planning.Plan.Spec;
        void Line(string name, string value) => io.Out.WriteLine($"{name,-19}{value}");
        Line("data", $"{spec.Data}, {planning.Data.Images:N0} {(planning.Data.Form == DataForm.Picture ? "images" : "examples")} of "
            + $"{planning.Data.Size}, {planning.Data.Classes} classes");

        if (planning.Data.Table is { } table)
            Line("table", $"{table}");

        // The data, first of them, have had their line.
        foreach (Field<SweepSpec> field in AnalysisList.Fields.Skip(1).Where(field => field.PartOf is null && !field.IsLeftOut(spec)))
            Line(field.Name, field.Show(spec));
        if (planning.Plan.Variants.Count > 1)
            Line("variants", $"{planning.Plan.Variants.Count:N0}");
        if (spec.TrainingCount > 1)
            Line("trainings", $"{spec.TrainingCount:N0}, of each variant");
        Line("models", $"{estimate.Models:N0} in {estimate.Units:N0} units");
        Line("work", $"{estimate.Flop / 1e12:N2} TFLOP dense-equivalent");
        Line("disk", $"{Size(estimate.DiskBytes)} into {planning.Out}");
        Line("device", DeviceText.Of(devices));
        Line("memory", $"{Size(estimate.DeviceBytes)} for the largest unit");
        Line(
            "time",
            $"{ProgressText.Duration(estimate.Time)} at {estimate.GflopsPerSecond:N0} GFLOP/s dense-equivalent (calibrated just now)");
        io.Out.WriteLine();
        Phases(estimate).Write(io.Out, io.OutIsTerminal);
    }

    private static TextTable Phases(SweepEstimate estimate)
    {
        TextTable table = new(
            "By analysis; its memory comes on top of that of training", ["phase", "models", "time", "memory", "disk"], rightAlignedFrom: 1);
        foreach (PhaseEstimate phase in estimate.Phases)
            table.Add(phase.Name, $"{phase.Models:N0}", ProgressText.Duration(phase.Time), Size(phase.Memory), Size(phase.Disk));
        return table;
    }

    private static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):N1} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):N1} MiB",
        0 => "0",
        _ => $"{bytes / 1024.0:N1} KiB",
    };
}
