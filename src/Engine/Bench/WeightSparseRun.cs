using GpuMlp.Kernels.Compress;
using GpuMlp.Kernels.Evaluate;

namespace GpuMlp.Engine.Bench;

/// <summary>Forward passes over compressed columns of weights.</summary>
internal sealed class WeightSparseRun : FormRun
{
    private const int Conversions = 3;

    private readonly BenchProblem _problem;
    private readonly SparseCohort _weights;
    private readonly EvaluationBuffer _logits;

    public WeightSparseRun(BenchProblem problem)
    {
        _problem = problem;
        _weights = new SparseCohort(problem.Device, problem.Cohort.Layout, levels: 1);
        _logits = new EvaluationBuffer(problem.Device, problem.Cohort.Layout, problem.Images.Count);
        var times = new List<double>();
        for (int run = 0; run < Conversions; run++)
            times.Add(Time(() => problem.Kernels.Compress(problem.Cohort, _weights)));
        ConversionMs = times;
    }

    public override BenchForm Form => BenchForm.WeightSparse;

    public override double Call(BenchOp op) => Time(() => _problem.Kernels.Evaluate(_weights, _problem.Images.WeightSparse, _logits));

    public override BenchOutput Read(BenchOp op) => BenchOutput.OfLogits([.. _logits.Download().Select(model => model.Logits)]);

    public override void Dispose()
    {
        _logits.Dispose();
        _weights.Dispose();
    }

    private double Time(Action launch) => Time(_problem.Device.Stream, launch);
}
