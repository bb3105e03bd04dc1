using BenchmarkDotNet.Running;
using GpuMlp.Perf;

switch (args.FirstOrDefault())
{
    case "epoch":
        return EpochReport.Run(Console.Out, args.Skip(1).Select(int.Parse).FirstOrDefault(Environment.ProcessorCount));
    case "kernels":
        BenchmarkSwitcher.FromAssembly(typeof(KernelBenchmarks).Assembly).Run(args[1..]);
        return 0;
    default:
        Console.Error.WriteLine("usage: perf epoch [THREADS]   peak, epoch of the study's cohort in every kernel form, the whole grid");
        Console.Error.WriteLine("       perf kernels [BenchmarkDotNet arguments, for example --filter *]");
        return 2;
}
