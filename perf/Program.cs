using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using GpuMlp.Perf;

switch (args.FirstOrDefault())
{
    case "epoch":
        return EpochReport.Run(Console.Out, args.Skip(1).Select(int.Parse).FirstOrDefault(Environment.ProcessorCount));
    case "kernels":
        // In this process: the project that BenchmarkDotNet would generate does not find ours under another assembly name.
        IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkSwitcher.FromAssembly(typeof(KernelBenchmarks).Assembly).Run(args[1..], config);
        return 0;
    default:
        Console.Error.WriteLine("usage: perf epoch [THREADS]   peak, epoch of the study's cohort in every kernel form, the whole grid");
        Console.Error.WriteLine("       perf kernels [BenchmarkDotNet arguments, for example --filter *]");
        return 2;
}
