using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Cluster;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary>
/// <c>gpumlp slurm RUN</c>: the run as an array job and a merge after it. Writes both scripts into the run, and prints,
/// checks or submits them.
/// </summary>
internal static partial class SlurmCommand
{
    internal sealed class Options : RunFolderOptions
    {
        [Option("check"), Flag("have sbatch test them; submit nothing", Section = ToDo)]
        public bool Check { get; set; }

        [Option("submit"), Flag("submit the array, and the merge after it", Section = ToDo)]
        public bool Submit { get; set; }

        [Option("missing"), Flag("only shards with units missing", Section = ToDo)]
        public bool Missing { get; set; }

        [Option("partition"), Flag("NAME", "partition", "gpu", Section = Scripts)]
        public string? Partition { get; set; }

        [Option("account"), Flag("NAME", "account", "mine", Section = Scripts)]
        public string? Account { get; set; }

        [Option("time"), Flag("T", "time limit of a task, as in 00:30:00", "00:30:00", Section = Scripts)]
        public string? Time { get; set; }

        [Option("mem"), Flag("SIZE", "memory of a task, as in 8G", "8G", Section = Scripts)]
        public string? Memory { get; set; }

        [Option("cpus"), Flag("N", "CPUs of a task", "4", Section = Scripts)]
        public string? Cpus { get; set; }

        [Option("gres"), Flag("LIST", "as in gpu:1; every task is one process", "gpu:1", Section = Scripts)]
        public string? Gres { get; set; }

        [Option("device"), Flag("NAME", "accelerator, as `run --device` takes it", "cpu", Section = Scripts)]
        public string? Device { get; set; }

        [Option("max-parallel"), Flag("N", "tasks at once", "16", Section = Scripts)]
        public string? MaxParallel { get; set; }

        [Option("notice"), Flag("SECONDS", "SIGUSR1 so long before the time limit (default: 120)", "120", Section = Scripts)]
        public string? Notice { get; set; }

        [Option("sbatch-args")]
        [Flag(
            "WORDS",
            "any other arguments of sbatch, as in --sbatch-args \"qos=low comment='two words'\"",
            "qos=low",
            Section = Scripts)]
        public string? SbatchArgs { get; set; }

        [Option("program"), Flag("WORDS", "how gpumlp is started there (default: as it was here)", "gpumlp", Section = Scripts)]
        public string? Executable { get; set; }

        [Option("max-array-size")]
        [Flag(
            "N",
            "the cluster's MaxArraySize (default: asked of scontrol, else 1001); larger runs become several arrays",
            "1001")]
        public string? MaxArraySize { get; set; }

        public override bool IsLight => true;
    }

    public static Verb Verb { get; } = new Verb<Options>("slurm", Run)
    {
        Summary = "a run as an array job on a Slurm cluster",
        About = """
            gpumlp slurm RUN writes RUN/sweep.sbatch, an array task for each shard, and
            RUN/merge.sbatch, and prints them. Edited scripts stay as they are until flags
            describe others.
            """,
        Sections = () => [ToDo, Scripts, ""],
    };

    private const string ToDo = "What to do", Scripts = "What the scripts hold (what is not given is left to the cluster)";

    /// <exception cref="UserErrorException">No run, a flag that cannot be, no Slurm here, or sbatch refuses.</exception>
    private static int Run(Options options, CommandIo io)
    {
        SlurmRequest request = SlurmRequest.From(options);
        var run = RunDirectory.Open(options.Run);
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Path));

        // The flags were looked at; the folder that we are in was not.
        if (Quoting.HasControl(folder))
        {
            throw new UserErrorException(
                $"{OneLine.Of(folder)}: holds a line break or another control character; a run for Slurm must be in a folder without");
        }

        int maxArraySize = request.MaxArraySize ?? AskMaxArraySize();
        List<int> shards = [.. Enumerable.Range(0, run.Plan.Shards)];
        ArrayJob whole = ArrayJobs.Of(shards, maxArraySize).First();
        if (request.Missing)
        {
            shards = MissingShards(run, io);
            if (shards.Count == 0)
            {
                io.Out.WriteLine($"{options.Run}: no shard is left to submit; `gpumlp status {Quoting.Bash(options.Run)}` tells more");
                return ExitCodes.Done;
            }
        }

        (string sweep, string merge) = Write(run, folder, request, whole.Indices, io);
        int? maxParallel = SbatchScripts.MaxParallelOf(File.ReadAllText(sweep));

        // The script has its own array, maybe edited; it counts where it can.
        ArrayJob[] jobs = [.. ArrayJobs.Of(shards, maxArraySize)];
        bool asWritten = !request.Missing && jobs.Length == 1;
        string[][] arguments = [.. jobs.Select(job => asWritten ? [] : job.Arguments(maxParallel).ToArray())];
        if (request.Check)
        {
            foreach (string[] job in arguments)
                io.Out.WriteLine(Sbatch(["--test-only", .. job, sweep]));
            io.Out.WriteLine(Sbatch(["--test-only", merge]));
            return ExitCodes.Done;
        }

        if (request.Submit)
        {
            string[] ids = [.. arguments.Select(job => Submit([.. job, sweep]))];
            string after = $"--dependency=afterany:{string.Join(':', ids)}";
            string last = Submit([after, merge]);
            io.Out.WriteLine($"submitted {string.Join(", ", ids)} for {shards.Count} shards, and {last} to merge after them; `gpumlp "
                + $"status {Quoting.Bash(options.Run)}` tells how far they are");
            return ExitCodes.Done;
        }

        io.Out.Write($"{File.ReadAllText(sweep)}\n{File.ReadAllText(merge)}\n");
        io.Out.WriteLine("# To submit: `gpumlp slurm RUN --submit`, or by hand");
        foreach (string[] job in arguments)
            io.Out.WriteLine($"sbatch {string.Join(' ', job.Append(sweep).Select(Quoting.Bash))}");
        io.Out.WriteLine($"sbatch --dependency=afterany:JOB {Quoting.Bash(merge)}");
        return ExitCodes.Done;
    }

    /// <summary>Shards with units that are neither finished nor at work.</summary>
    private static List<int> MissingShards(RunDirectory run, CommandIo io)
    {
        var status = RunStatus.Read(run);
        HashSet<string> busy = [.. status.Processes.Select(process => process.Shard)];
        List<int> shards =
        [
            .. status.Missing.Concat(status.Failed.Select(error => error.Unit)).Select(unit => unit % run.Plan.Shards).Distinct().Order(),
        ];
        int all = shards.Count;
        shards.RemoveAll(shard => busy.Contains(new Shard(shard, run.Plan.Shards).ToString()));
        if (shards.Count < all)
            io.Error.WriteLine($"{all - shards.Count} shards with missing units are at work now and left out");
        return shards;
    }

    private static (string Sweep, string Merge) Write(RunDirectory run, string folder, SlurmRequest request, string indices, CommandIo io)
    {
        string sweep = Path.Combine(folder, SbatchScripts.SweepFile), merge = Path.Combine(folder, SbatchScripts.MergeFile);
        if (!request.DescribesScripts && File.Exists(sweep) && File.Exists(merge))
        {
            io.Error.WriteLine(
                $"{sweep} and {SbatchScripts.MergeFile} are there and stay as they are; flags such as --time make them anew");
        }
        else
        {
            var scripts = new SbatchScripts(
                request.Executable ?? OwnProgram(),
                folder,
                run.Plan.Hash,
                run.Plan.Shards,
                indices,
                request.Settings);
            AtomicFile.Write(sweep, Encoding.UTF8.GetBytes(scripts.Sweep()));
            AtomicFile.Write(merge, Encoding.UTF8.GetBytes(scripts.Merge()));
        }

        // sbatch does not make the folder of a log, and a job without its log fails silently.
        AtomicFile.CreateFolder(Path.Combine(folder, SbatchScripts.LogFolder));
        return (sweep, merge);
    }

    private static string OwnProgram()
    {
        string host = Environment.ProcessPath ?? "gpumlp";
        return Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? $"{Quoting.Bash(host)} {Quoting.Bash(Path.Combine(AppContext.BaseDirectory, "gpumlp.dll"))}"
            : Quoting.Bash(host);
    }

    private static int AskMaxArraySize()
    {
        try
        {
            (int exitCode, string output, _) = Tool.Run("scontrol", ["show", "config"]);
            return exitCode == 0 && ConfiguredSize().Match(output) is { Success: true } match
                ? Math.Max(1, int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
                : ArrayJobs.DefaultMaxArraySize;
        }
        catch (UserErrorException)
        {
            // No Slurm here: the scripts may be for another machine.
            return ArrayJobs.DefaultMaxArraySize;
        }
    }

    // The answer is ID, or ID;CLUSTER.
    private static string Submit(IEnumerable<string> arguments) => Sbatch(["--parsable", .. arguments]).Split(';')[0];

    private static string Sbatch(string[] arguments)
    {
        (int exitCode, string output, string error) = Tool.Run("sbatch", arguments);
        string told = string.Join(' ', new[] { error, output }.Where(text => text.Length > 0)).ReplaceLineEndings(" ");
        return exitCode == 0 ? arguments.Contains("--parsable") ? output : told
            : throw new UserErrorException($"sbatch refuses {arguments[^1]}: {told}; flags must be such as this cluster takes");
    }

    [GeneratedRegex(@"(?m)^MaxArraySize\s*=\s*(\d{1,9})")]
    private static partial Regex ConfiguredSize();
}
