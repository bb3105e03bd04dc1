using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Bench;

/// <summary>Compressed columns of weights: forward passes and maps over them, and the gradient of what they hold.</summary>
internal sealed class WeightSparseRun : FormRun
{
    private const int Conversions = 3;

    private readonly BenchProblem _problem;
    private readonly SparseCohort _weights;
    private readonly EvaluationBuffer _logits;
    private readonly SparseGradient _gradient;
    private SaliencyBuffer? _maps;

    public WeightSparseRun(BenchProblem problem)
    {
        _problem = problem;
        _weights = new SparseCohort(problem.Device, problem.Cohort.Layout, levels: 1);
        _logits = new EvaluationBuffer(problem.Device, problem.Cohort.Layout, problem.Images.Count);
        _gradient = new SparseGradient(problem.Device);
        var times = new List<double>();
        for (int run = 0; run < Conversions; run++)
            times.Add(Time(() => problem.Kernels.Compress(problem.Cohort, _weights)));
        ConversionMs = times;
    }

    public override BenchForm Form => BenchForm.WeightSparse;

    public override bool MasksGradients => true;

    public override double Call(BenchOp op)
    {
        DeviceKernels kernels = _problem.Kernels;
        switch (op)
        {
            case BenchOp.Forward:
                return Time(() => kernels.Evaluate(_weights, _problem.Images.WeightSparse, _logits));
            case BenchOp.Saliency:
                _maps ??= new SaliencyBuffer(_problem.Device, _weights.Layout, _problem.Images.Count);
                return Time(() => kernels.Saliency(_weights, _problem.Images.WeightSparse, SaliencyMethod.ProbabilityGradient, _maps));
            default:
                // As in the dense form but for dW1; what is above W1 is as large whatever is pruned.
                return Backward(
                    kernels,
                    _problem.Cohort,
                    _problem.Images.Dense,
                    chunk => kernels.HiddenBackward(_weights, _problem.Cohort, _problem.Images.WeightSparse, chunk, _gradient));
        }
    }

    public override BenchOutput Read(BenchOp op) => op switch
    {
        BenchOp.Forward => BenchOutput.OfLogits([.. _logits.Download().Select(model => model.Logits)]),
        BenchOp.Backward => BenchOutput.OfGradients(Gradients()),
        _ => BenchOutput.OfMaps(_maps!.Download()),
    };

    public override void Dispose()
    {
        _logits.Dispose();
        _maps?.Dispose();
        _gradient.Dispose();
        _weights.Dispose();
    }

    // w2 is not compressed: a few numbers a model, of which those of pruned weights are left out here.
    private ModelParameters[] Gradients()
    {
        float[][] w1 = _gradient.Download(_weights);
        return [.. _problem.Cohort.DownloadGradients().Select((gradient, m) => gradient with
        {
            W1 = w1[m],
            W2 = [.. gradient.W2.Zip(_problem.Models[m].W2, (value, weight) => weight == 0 ? 0 : value)],
        })];
    }

    private double Time(Action launch) => Time(_problem.Device.Stream, launch);
}
