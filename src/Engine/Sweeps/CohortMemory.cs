using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Sweeps;

/// <summary>How much device memory training and its analyses take, and so how many models go at once.</summary>
internal static class CohortMemory
{
    // What the driver, other programs and kernels' own scratch take is not known beforehand; what is too much after all
    // is met by halving.
    private const double UsableShare = 0.8;

    /// <summary>How many models of a unit, from its first one, fit; at least 1.</summary>
    public static int ModelsThatFit(DeviceInfo device, Plan plan, Dataset data, WorkUnit unit, Split split)
    {
        // A CPU's memory is the machine's, and the plan's limits of a unit are made for it.
        if (device.Kind == AcceleratorType.CPU || device.MemoryBytes <= 0)
            return unit.ModelCount;
        double room = UsableShare * device.MemoryBytes;
        int count = unit.ModelCount;
        while (count > 1 && Bytes(plan, data.Inputs, unit with { ModelCount = count }, split) > room)
            count = (count + 1) / 2;
        return count;
    }

    /// <summary>Bytes on the device, an upper guess.</summary>
    public static long Bytes(Plan plan, int inputs, WorkUnit slice, Split split)
    {
        int outputs = plan.VariantOf(slice).OutputsOf(slice.Task);
        long images = split.Train.Length + split.Validation.Length;
        ColumnLayout layout = ColumnLayout.Create([.. plan.ModelsOf(slice).Select(model => model.Hidden)], inputs, 1, outputs);
        int states = plan.ModelsOf(slice).Max(model => model.Training.Steps.States);
        long cohort = DeviceCohort.Bytes(layout, states);

        // Analyses are done one after the other; pruning, for one, takes a second cohort and the ranks of all weights. Evaluation takes a
        // logit for each model and image.
        SweepSpec spec = plan.SpecOf(slice);
        long copies = AnalysisList.CostsOf(spec, plan.VariantOf(slice).Epochs).Select(cost => cost.Copies).Append(0).Max();
        long logits = sizeof(float) * slice.ModelCount * images * outputs;

        // The dense form holds floats, or bytes on a GPU; the sparse forms hold less for the images they are chosen for.
        long workspace = GpuMemory.WorkspaceBytes(
            layout,
            Math.Max(split.Train.Length, split.Validation.Length),
            ranks: spec.Pruning.Count > 0 || spec.Rounds > 0);
        return ((1 + copies) * cohort) + logits + workspace + (sizeof(float) * images * inputs);
    }
}
