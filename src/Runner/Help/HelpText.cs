namespace GpuMlp.Runner.Help;

/// <summary>
/// The help pages, written by hand to fit 80 columns, one file a command; a test holds them against the flags that the
/// parser knows.
/// </summary>
internal static class HelpText
{
    private const string Overview = """
        gpumlp trains thousands of small multilayer perceptrons (D-H-1) at once and
        compares them over tasks, hidden sizes, seeds and learning rates.

        Usage: gpumlp COMMAND [flags]

        Commands
          sweep      plan, train, merge and report; without flags the published MNIST
                     study (5 digit pairs x 11 hidden sizes x 3 seeds) into runs/paper
          plan       only write the plan of a sweep, cut into units and shards
          run        do the units of a plan, all or one shard of them
          status     how far a run is: done, running, failed, missing
          merge      tables, weights and splits of a run whose units are all there
          report     report.html and plots of a merged run, written again
          saliency   a picture of what chosen models look at, before and after pruning
          export     models of a run as ONNX and safetensors
          bench      what sparse kernels buy in time on this machine, and from which
                     sparsity on; into runs/bench
          slurm      a run as an array job on a Slurm cluster
          devices    every accelerator seen and which one `auto` takes
          verify     whether a device computes rightly

          gpumlp COMMAND --help shows the flags of one command, gpumlp --version the
          version. Every command takes --verbose: stack traces with errors.

        """;

    public const string ExitCodes = """
        Exit codes
          0 all done                          4 verification failed
          1 some models failed               70 device absent or lost
          2 bad usage, spec, data or plan    75 interrupted, can be resumed
          3 incomplete                      130 Ctrl-C

        """;

    /// <summary>The page that these words ask for, or null when they ask for something else.</summary>
    public static string? For(string[] args)
    {
        if (args.Length == 0 || args[0] == "help")
        {
            return Page(args.Length > 1 ? args[1] : null);
        }

        return args.Any(arg => arg is "--help" or "-h" or "-?") ? Page(args[0]) : null;
    }

    /// <summary>A value that makes sense after a flag, for error messages.</summary>
    public static string ExampleOf(string flag) => flag switch
    {
        "--preset" => "paper",
        "--spec" => "sweep.json",
        "--data" => "~/fashion",
        "--tasks" => "0v1,4v9",
        "--hidden" => "2..64*2",
        "--seeds" => "0,42,78",
        "--lr" => "0.01,0.03",
        "--epochs" => "20,100",
        "--batch" => "full,32",
        "--init-std" => "0.1",
        "--weight-decay" => "0,0.001",
        "--finetune-epochs" => "10",
        "--sparsity" => "0.5,0.95",
        "--pruning" => "layer,random",
        "--task" => "4v9",
        "--seed" => "42",
        "--variant" => "0",
        "--image" => "4,17",
        "--method" => "integrated",
        "--noise" => "0.1,0.3",
        "--similarity" => "gradient,integrated",
        "--similarity-images" => "32",
        "--occlusion" => "7",
        "--embedding" => "4v9",
        "--corruption" => "blur:1,rotation:15",
        "--saliency" => "24",
        "--saliency-method" => "gradient",
        "--ops" => "forward,backward",
        "--forms" => "dense,weight-sparse",
        "--masks" => "magnitude",
        "--mask" => "model.safetensors",
        "--models" => "1,100",
        "--device" => "cpu",
        "--threads" => "4",
        "--out" => "runs/mine",
        "--format" => "onnx",
        "--shards" => "8",
        "--task-minutes" => "10",
        "--unit-seconds" => "30",
        "--gflops" => "300",
        "--shard" => "0/8",
        "--max-requeues" => "20",
        "--partition" => "gpu",
        "--account" => "mine",
        "--time" => "00:30:00",
        "--mem" => "8G",
        "--cpus" => "4",
        "--gres" => "gpu:1",
        "--max-parallel" => "16",
        "--notice" => "120",
        "--sbatch-args" => "qos=low",
        "--program" => "gpumlp",
        "--max-array-size" => "1001",
        _ => "VALUE",
    };

    /// <summary>Parts with an empty line between them; each ends with a line break of its own.</summary>
    public static string Join(params string[] parts) => string.Join('\n', parts);

    // In the order of the overview.
    private static string Page(string? command) => command switch
    {
        "sweep" => SweepHelp.Page,
        "export" => ExportHelp.Page,
        "saliency" => SaliencyHelp.Page,
        "bench" => BenchHelp.Page,
        "plan" => ClusterHelp.Plan,
        "run" => ClusterHelp.Run,
        "status" => ClusterHelp.Status,
        "merge" => ClusterHelp.Merge,
        "slurm" => ClusterHelp.Slurm,
        "report" => ReportHelp.Page,
        "devices" => DevicesHelp.Page,
        "verify" => VerifyHelp.Page,
        _ => Join(Overview, "Flags of sweep\n\n" + SweepHelp.Flags, SweepHelp.Examples, ExitCodes),
    };
}
