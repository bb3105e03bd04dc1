using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Bench;

/// <summary>The dense form on models whose pruned weights lie under a mask: what training pruned models costs.</summary>
internal sealed class MaskedRun : CohortRun
{
    private const int Conversions = 3;

    private readonly DeviceCohort _masked;

    public MaskedRun(BenchProblem problem)
        : this(problem, new DeviceCohort(problem.Device, problem.Cohort.Layout, new float[problem.Models.Count], withMask: true))
    {
    }

    private MaskedRun(BenchProblem problem, DeviceCohort masked)
        : base(problem, masked, problem.Images.Dense)
    {
        _masked = masked;
        masked.Upload(problem.Models);
        ModelMask[] masks = [.. problem.Models.Select(model => new ModelMask(Kept(model.W1), Kept(model.W2)))];
        ConversionMs = [.. Enumerable.Range(0, Conversions).Select(_ => Time(problem.Device.Stream, () => masked.SetMask(masks)))];
    }

    public override BenchForm Form => BenchForm.Masked;

    public override bool MasksGradients => true;

    public override void Dispose()
    {
        base.Dispose();
        _masked.Dispose();
    }

    private static bool[] Kept(float[] weights) => Array.ConvertAll(weights, weight => weight != 0);
}
