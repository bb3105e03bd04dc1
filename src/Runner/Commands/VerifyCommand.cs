using System.Diagnostics;
using System.Globalization;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Verification;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Tables;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp verify</c>: whether the devices compute rightly.</summary>
internal static class VerifyCommand
{
    internal sealed class Options : CommandOptions
    {
        [Option("device"), Flag("auto|cpu|cuda[:I]|opencl[:I]", "what to verify (default: auto, as sweep takes it)", "cpu")]
        public string? Device { get; set; }

        [Option("threads"), Flag("N", "CPU threads (default: one a core)", "4")]
        public string? Threads { get; set; }

        [Option("json"), Flag("the same as one JSON object, for programs")]
        public bool Json { get; set; }

        [Option("quick"), Flag("every check, but kernels on a few shapes: half of the time")]
        public bool Quick { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("verify", Run)
    {
        Summary = "whether a device computes rightly",
        About = """
            gpumlp verify shows whether this machine's devices compute rightly: gradients
            against central differences, every kernel against a reference in double, the
            same bits from run to run, for a model alone or among many, and as the CPU has.
            Bounds come from the arithmetic and are printed; exit code 4 when anything is
            beyond its bound.
            """,
    };

    private const string Legend = """
        Largest errors. spacings: in spacings of float32 at the value itself, many where
        a sum cancels; error: as a part of the largest value of its array; bound: what
        the arithmetic allows there; used: as a part of a value's own bound. A sum of n
        products may be off by 2 (n + 4) 2^-24 sum|products|, and errors of its operands
        are passed on. Slopes may be off by 1e-8 more, because central differences are.
        No number: the same bits, or ranks. Trained weights: the beginning of their
        SHA-256, which every CPU, OpenCL and CUDA device must have.
        """;

    /// <exception cref="UserErrorException">A device that is absent or lost (70), a check that fails (4).</exception>
    private static int Run(Options options, CommandIo io)
    {
        var phases = PhaseClock.OnTerminal(io, quiet: false);
        DeviceSelection devices = phases.Measure("devices", () => DeviceFlags.Find(options.Device, options.Threads));
        int failed = 0;
        List<VerifiedDevice> verified = [];
        foreach (DeviceInfo info in devices.Devices)
        {
            string title = $"Verification of {(info.Driver.Length > 0 ? $"{info}, {info.Driver}" : DeviceText.Of(devices))}";
            using ComputeDevice device = ComputeDevice.Open(info, devices.Threads);
            IReadOnlyList<VerificationCheck> checks = DeviceVerification.Checks(device, options.Quick);
            CommandIo told = options.Json ? io with { Out = TextWriter.Null } : io;
            List<VerificationResult> results = [];
            failed += Print(title, checks.Select((check, i) => Shown(i, check)), checks.Count, told);
            verified.Add(new(info, results));

            VerificationResult Shown(int i, VerificationCheck check)
            {
                // Some take seconds.
                using PhaseLine? line = io.ErrorIsTerminal ? new(io, $"{i + 1}/{checks.Count}  {check.Name}") : null;
                VerificationResult result = Run(check, info);
                results.Add(result);
                return result;
            }
        }

        if (!options.Json)
            return Conclude(failed, io);
        WriteJson(verified, io);
        return Conclude(failed, io with { Out = TextWriter.Null });
    }

    /// <summary>What the numbers mean, and the exit code.</summary>
    /// <exception cref="UserErrorException">Something failed.</exception>
    public static int Conclude(int failed, CommandIo io)
    {
        io.Out.WriteLine(Legend);
        return failed == 0 ? ExitCodes.Done
            : throw new UserErrorException(
                $"verify: {failed} checks failed; results of this device cannot be trusted",
                ExitCodes.VerificationFailed);
    }

    /// <summary>What was found out about a device.</summary>
    internal sealed record VerifiedDevice(DeviceInfo Device, IReadOnlyList<VerificationResult> Results);

    /// <summary>The same for programs.</summary>
    public static void WriteJson(IReadOnlyList<VerifiedDevice> devices, CommandIo io) => JsonText.Write(io.Out, new
    {
        JsonText.Format,
        Holds = devices.All(device => device.Results.All(result => result.Holds)),
        Devices = devices.Select(verified => new
        {
            verified.Device.Id,
            verified.Device.Name,
            verified.Device.Driver,
            Checks = verified.Results.Select(result => new
            {
                result.Name,
                result.Holds,
                result.Failure,
                result.Deviation.Values,
                Spacings = Told(result.Deviation, result.Deviation.Ulps),
                Error = Told(result.Deviation, result.Deviation.Relative),
                Bound = Told(result.Deviation, result.Deviation.RelativeBound),
                Used = Told(result.Deviation, result.Deviation.OfBound),
            }),
        }),
    });

    // A check of bits has no numbers.
    private static double? Told(Deviation deviation, double number) => deviation.Values > 0 ? number : null;

    /// <summary>
    /// A table, and below it what failed. Each check is told on stderr as soon as it is done, with its number: together they take half
    /// a minute.
    /// </summary>
    /// <param name="total">How many results there are.</param>
    /// <returns>How many failed.</returns>
    public static int Print(string title, IEnumerable<VerificationResult> results, int total, CommandIo io)
    {
        TextTable table = new(title, ["check", "spacings", "error", "bound", "used", "result"], rightAlignedFrom: 1);
        List<VerificationResult> failed = [];
        int count = 0;
        long start = Stopwatch.GetTimestamp();
        foreach (VerificationResult result in results)
        {
            count++;
            string told = result.Holds ? $"ok     {result.Name}" : $"FAILED {result.Name}: {result.Failure}";
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            io.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds,6:F1} s  {count}/{total}  {told}"));
            Deviation d = result.Deviation;
            bool hasValues = d.Values > 0;
            table.Add(
                result.Name,
                hasValues ? Number(d.Ulps) : "",
                hasValues ? Number(d.Relative) : "",
                hasValues ? Number(d.RelativeBound) : "",
                hasValues ? Share(d.OfBound) : "",
                result.Holds ? "ok" : "FAILED");
            if (!result.Holds)
                failed.Add(result);
        }
        table.Write(io.Out, io.OutIsTerminal);
        foreach (VerificationResult result in failed)
            io.Out.WriteLine($"FAILED {result.Name}: {result.Failure}");
        io.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count - failed.Count} of {count} checks hold"));
        io.Out.WriteLine();
        return failed.Count;
    }

    // A device that is lost in the middle is told as such, not as a kernel that computes wrongly.
    private static VerificationResult Run(VerificationCheck check, DeviceInfo info)
    {
        try
        {
            return check.Run();
        }
        catch (Exception error) when (DeviceFaults.Of(error) == DeviceFault.Lost)
        {
            throw new UserErrorException($"{info}: lost ({error.Message.ReplaceLineEndings(" ")})", ExitCodes.DeviceAbsent, error);
        }
    }

    private static string Number(double value)
        => value.ToString(value is 0 or (>= 0.1 and < 1e4) ? "0.##" : "0.0e+0", CultureInfo.InvariantCulture);

    private static string Share(double value) => (100 * value).ToString(value < 0.1 ? "0.0" : "0", CultureInfo.InvariantCulture) + " %";
}
