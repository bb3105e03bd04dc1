using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using GpuMlp.Kernels.Launching;

namespace GpuMlp.Perf;

/// <summary>Every GPU kernel as NVIDIA's assembler sees it: registers, shared memory, stack and spills.</summary>
internal static partial class PtxReport
{
    // Tensor-core kernels are looked at for the oldest architecture that has them, too.
    private const string Architecture = "sm_90", TensorArchitecture = "sm_80";

    /// <param name="args">Path of ptxas, and a folder that keeps the PTX (a temporary one when there is none).</param>
    /// <returns>0, or 1 when a kernel spills or uses a stack.</returns>
    public static int Run(string[] args)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine("ptx: the path of ptxas is missing; perf/ptx finds one");
            return 2;
        }
        bool keep = args.Length > 1;
        string folder = keep ? args[1] : Directory.CreateTempSubdirectory("gpumlp-ptx").FullName;
        Directory.CreateDirectory(folder);
        try
        {
            Console.WriteLine($"{Ask(args[0], "--version").Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]}, {Architecture}");
            Console.WriteLine();
            Console.WriteLine(
                "| kernel | registers | shared bytes | stack bytes | spill stores | spill loads | 16-byte global loads "
                + "| mma | ldmatrix | cp.async | lines |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
            int bad = 0;
            foreach (PtxKernel kernel in PtxCompiler.Kernels.Select(PtxCompiler.Compile))
            {
                string file = Path.Combine(folder, kernel.Name + ".ptx");
                File.WriteAllText(file, kernel.Text);
                bad += Row(args[0], kernel, kernel.Name, file, Architecture);
                if (TensorProduct().IsMatch(kernel.Text))
                    bad += Row(args[0], kernel, $"{kernel.Name}, {TensorArchitecture}", file, TensorArchitecture);
            }
            Console.WriteLine();
            Console.WriteLine(bad == 0 ? "No kernel spills or uses a stack." : $"{bad} kernels spill or use a stack.");
            return bad == 0 ? 0 : 1;
        }
        finally
        {
            if (!keep)
                Directory.Delete(folder, recursive: true);
        }
    }

    // One line; 1 when the kernel spills or uses a stack.
    private static int Row(string assembler, PtxKernel kernel, string name, string file, string architecture)
    {
        string cubin = Path.ChangeExtension(file, $"{architecture}.cubin");
        string said = Ask(assembler, "-v", $"-arch={architecture}", file, "-o", cubin);
        string Figure(Regex pattern) => pattern.Match(said) is { Success: true } match ? match.Groups[1].Value : "0";
        int Count(Regex pattern) => pattern.Count(kernel.Text);
        string stack = Figure(Stack()), stores = Figure(SpillStores()), loads = Figure(SpillLoads());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Figure(Registers())} | {Figure(Shared())} | {stack} | {stores} | {loads} | {Count(WideLoad())} "
            + $"| {Count(TensorProduct())} | {Count(MatrixLoad())} | {Count(AsyncCopy())} | {kernel.Text.Count(c => c == '\n')} |"));
        return stack != "0" || stores != "0" || loads != "0" ? 1 : 0;
    }

    private static string Ask(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {said}");
    }

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex SpillStores();

    [GeneratedRegex(@"(\d+) bytes spill loads")]
    private static partial Regex SpillLoads();

    [GeneratedRegex(@"ld\.(?:global\.)?v4")]
    private static partial Regex WideLoad();

    [GeneratedRegex(@"(?m)^\tmma\.sync")]
    private static partial Regex TensorProduct();

    [GeneratedRegex(@"(?m)^\tldmatrix\.sync")]
    private static partial Regex MatrixLoad();

    [GeneratedRegex(@"(?m)^\tcp\.async\.c")]
    private static partial Regex AsyncCopy();
}
