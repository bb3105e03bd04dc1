using GpuMlp.Kernels;
using GpuMlp.Kernels.Devices;

namespace GpuMlp.Engine.Bench;

/// <summary>Makes forms of problems; the outside baseline's device is opened when it is first wanted.</summary>
internal class BenchForms(ComputeDevice device) : IDisposable
{
    private OutsideDevice? _outside;

    /// <summary>Whether a form has an operation at all.</summary>
    public static bool Has(BenchForm form, BenchOp op) => form switch
    {
        BenchForm.Dense or BenchForm.InputSparse => true,
        BenchForm.Outside => op == BenchOp.Forward,
        _ => false,
    };

    public virtual FormRun Create(BenchForm form, BenchProblem problem) => form switch
    {
        BenchForm.Dense => new CohortRun(problem, KernelForm.Dense),
        BenchForm.InputSparse => new CohortRun(problem, KernelForm.InputSparse),
        BenchForm.Outside => new OutsideRun(_outside ??= new OutsideDevice(device), problem),
        _ => throw new NotSupportedException($"no kernels for {BenchNames.Of(form)}"),
    };

    public void Dispose() => _outside?.Dispose();
}
