using System.Diagnostics;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Perf;

/// <summary>
/// Seconds for the saliency maps of the study's 165 models on 256 images each, method by method: fifteen cohorts of eleven
/// models, one after the other, maps left on the device. Prints Markdown.
/// </summary>
internal static class MapsReport
{
    private const int Images = 256, Runs = 5;

    public static int Run(TextWriter output, int threads)
    {
        SweepSpec study = Presets.Paper;
        Dataset data = DatasetLoader.Load(null);
        using var device = new CpuDevice(threads);
        DeviceKernels kernels = DeviceKernels.Create(device);
        int cohorts = study.Tasks.Count * study.Seeds.Count;
        Split split = Splitter.Create(data, study.Tasks[^1], study.Seeds[0]);
        ModelSpec[] models = [.. study.Hidden.Select(hidden => new ModelSpec(hidden, study.LearningRates[0]))];
        using var cohort = new Cohort(device, kernels, data, split, models, study.Variants()[0]);
        cohort.Initialize();
        (DeviceImages images, _) = cohort.Upload(split.Validation.AsSpan(0, Images));
        using (images)
        using (var buffer = new SaliencyBuffer(device, cohort.OnDevice.Layout, Images))
        {
            output.WriteLine($"Saliency maps of {cohorts * models.Length} models x {Images} images, {threads} threads; "
                + $"median of {Runs} after one to warm up.");
            output.WriteLine($"Command: `dotnet run -c Release --project perf -- maps {threads}`.");
            output.WriteLine();
            output.WriteLine("| method | s |");
            output.WriteLine("|---|---|");
            foreach (SaliencyMethod method in SaliencyMethod.Offered)
            {
                double Once()
                {
                    long start = Stopwatch.GetTimestamp();
                    for (int c = 0; c < cohorts; c++)
                        kernels.Saliency(cohort.OnDevice, images, method, buffer);
                    return Stopwatch.GetElapsedTime(start).TotalSeconds;
                }
                Once();
                double[] seconds = [.. Enumerable.Range(0, Runs).Select(_ => Once()).Order()];
                output.WriteLine($"| {method.Name} | {seconds[Runs / 2]:F2} |");
            }
        }
        return 0;
    }
}
