using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Bench;

/// <summary>The dense and the input-sparse form: they differ in how the images lie on the device.</summary>
internal class CohortRun : FormRun
{
    private readonly BenchProblem _problem;
    private readonly DeviceCohort _cohort;
    private readonly DeviceImages _images;
    private readonly EvaluationBuffer _logits;
    private SaliencyBuffer? _maps;

    public CohortRun(BenchProblem problem, KernelForm form)
        : this(problem, problem.Cohort, form == KernelForm.InputSparse ? problem.Images.InputSparse : problem.Images.Dense)
    {
        if (form == KernelForm.InputSparse)
            ConversionMs = problem.Images.CompressionMs;
    }

    protected CohortRun(BenchProblem problem, DeviceCohort cohort, DeviceImages images)
    {
        _problem = problem;
        _cohort = cohort;
        _images = images;
        _logits = new EvaluationBuffer(problem.Device, cohort.Layout, images.Images);
    }

    public override BenchForm Form => _images.Form == KernelForm.InputSparse ? BenchForm.InputSparse : BenchForm.Dense;

    public override double Call(BenchOp op)
    {
        DeviceKernels kernels = _problem.Kernels;
        switch (op)
        {
            case BenchOp.Forward:
                return Time(() => kernels.Evaluate(_cohort, _images, _logits));
            case BenchOp.Saliency:
                _maps ??= new SaliencyBuffer(_problem.Device, _cohort.Layout, _images.Images);
                return Time(() => kernels.Saliency(_cohort, _images, SaliencyMethod.ProbabilityGradient, _maps));
            default:
                return Backward(kernels, _cohort, _images, chunk => kernels.HiddenBackward(_cohort, _images, chunk));
        }
    }

    public override BenchOutput Read(BenchOp op) => op switch
    {
        BenchOp.Forward => BenchOutput.OfLogits([.. _logits.Download().Select(model => model.Logits)]),
        BenchOp.Backward => BenchOutput.OfGradients(_cohort.DownloadGradients()),
        _ => BenchOutput.OfMaps(_maps!.Download()),
    };

    public override void Dispose()
    {
        _logits.Dispose();
        _maps?.Dispose();
    }

    private double Time(Action launch) => Time(_problem.Device.Stream, launch);
}
