using GpuMlp.Perf;

switch (args.FirstOrDefault())
{
    case "epoch":
        return EpochReport.Run(Console.Out, args.Skip(1).Select(int.Parse).FirstOrDefault(Environment.ProcessorCount));
    case "error":
        return ErrorReport.Run(Console.Out);
    case "maps":
        return MapsReport.Run(Console.Out, args.Skip(1).Select(int.Parse).FirstOrDefault(Environment.ProcessorCount));
    case "prune":
        return PruneReport.Run(Console.Out, args.Skip(1).Select(int.Parse).FirstOrDefault(Environment.ProcessorCount));
#if BENCHMARKS
    case "kernels":
        return KernelBenchmarks.Run(args[1..]);
#endif
    case "study":
        return StudyReport.Run(Console.Out, args.Skip(1).FirstOrDefault("cpu"));
    case "scale":
        return ScaleReport.Run(Console.Out, args.Skip(1).Select(int.Parse).FirstOrDefault(100_000));
    case "scale-step":
        return ScaleReport.Step(args[1], int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture), args[3]);
    case "device":
        return DeviceReport.Run(Console.Out, args[1..]);
    case "ptx":
        return PtxReport.Run(args[1..]);
    default:
        Console.Error.WriteLine("usage: perf epoch [THREADS]   peak, epoch of the study's cohort in every kernel form, the whole grid");
        Console.Error.WriteLine(
            "       perf error             how far the kernels and float32 loops are from double: logits, gradients, trained weights");
        Console.Error.WriteLine("       perf maps [THREADS]    saliency maps of the study's 165 models on 256 images, every method");
        Console.Error.WriteLine("       perf study [DEVICE]    the default study, part by part: wall-clock and CPU seconds");
        Console.Error.WriteLine("       perf prune [THREADS]   the study's pruned models, evaluated");
        Console.Error.WriteLine("       perf kernels [BenchmarkDotNet arguments, for example --filter *]");
        Console.Error.WriteLine(
            "       perf device [DEVICE [MODELS...]]   epochs, launch gaps and share of the peak on a device, "
                + "for example cuda:0 1000 10000");
        Console.Error.WriteLine("       perf ptx PTXAS [FOLDER]   registers and spills of GPU kernels; perf/ptx finds an assembler");
        Console.Error.WriteLine(
            "       perf scale [UNITS]     plans of a million models, status and merge of so many finished units, join of a quarter of "
                + "them (default 100000)");
        return 2;
}
