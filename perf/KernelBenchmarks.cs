using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Perf;

/// <summary>Each kernel on its own on the study's cohort (4v9, C = 226); hidden and output kernels on one chunk of 256 images.</summary>
public class KernelBenchmarks : IDisposable
{
    private CpuDevice _device = null!;
    private DeviceKernels _kernels = null!;
    private Cohort _cohort = null!;

    [Params(KernelForm.InputSparse, KernelForm.Dense)]
    public KernelForm Form { get; set; }

    /// <param name="args">BenchmarkDotNet's.</param>
    public static int Run(string[] args)
    {
        // In this process: the project that BenchmarkDotNet would generate does not find ours under another assembly name.
        IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkSwitcher.FromAssembly(typeof(KernelBenchmarks).Assembly).Run(args, config);
        return 0;
    }

    [GlobalSetup]
    public void SetUp()
    {
        Dataset data = DatasetLoader.Load(null);
        SweepSpec study = Presets.Paper;
        _device = new CpuDevice(Environment.ProcessorCount);
        _kernels = DeviceKernels.Create(_device);
        Split split = Splitter.Create(data, new ClassTask(4, 9), study.Seeds[0]);
        ModelSpec[] models = [.. study.Hidden.Select(hidden => new ModelSpec(hidden, study.LearningRates[0]))];
        _cohort = new Cohort(_device, _kernels, data, split, models, study.Variants()[0], Form);
        _cohort.Initialize();
        _cohort.TrainEpoch();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _cohort.Dispose();
        _device.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void HiddenForward() => _kernels.HiddenForward(_cohort.OnDevice, _cohort.TrainImages, 0);

    [Benchmark]
    public void OutputForward() => _kernels.OutputForward(_cohort.OnDevice, _cohort.TrainImages, 0);

    [Benchmark]
    public void OutputLoss() => _kernels.OutputLoss(_cohort.OnDevice, _cohort.TrainImages, 0);

    [Benchmark]
    public void OutputBackward() => _kernels.OutputBackward(_cohort.OnDevice, _cohort.TrainImages, 0);

    [Benchmark]
    public void HiddenBackward() => _kernels.HiddenBackward(_cohort.OnDevice, _cohort.TrainImages, 0);

    [Benchmark]
    public void TrainEpoch() => _kernels.TrainEpoch(_cohort.OnDevice, _cohort.TrainImages);

    [Benchmark]
    public ModelEvaluation[] Evaluate() => _kernels.Evaluate(_cohort.OnDevice, _cohort.TrainImages);

    [Benchmark]
    public ReadOnlyMemory<float>[] SaliencyOf16Images() =>
        _cohort.Saliency(_cohort.Split.Validation.AsSpan(0, 16), SaliencyMethod.ProbabilityGradient);
}
