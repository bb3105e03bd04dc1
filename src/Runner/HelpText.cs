namespace GpuMlp.Runner;

/// <summary>
/// The help pages, written by hand to fit 80 columns; a test holds them against the flags that the parser knows.
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
          devices    every accelerator seen and which one `auto` takes

          gpumlp COMMAND --help shows the flags of one command, gpumlp --version the
          version. Every command takes --verbose: stack traces with errors.

        """;

    private const string SweepFlags = """
        What to train
          --preset NAME       paper, the published study (default), or a smaller one
                              such as quick; the flags below change parts of it
          --spec FILE         the same choices from a JSON file, instead of --preset
          --data DIR          any IDX data set with the MNIST file names, gzipped or
                              not (default: the embedded MNIST)
          --tasks LIST        pairs of classes, the second one is label 1, or `all`
                              (paper: 0v1,1v7,5v6,3v8,4v9)
          --hidden LIST       hidden sizes H (paper: 2,4,6,8,10,12,16,24,32,48,64)
          --seeds LIST        seeds of splits and weights (paper: 0,42,78)
          --lr LIST           learning rates (paper: 0.03)
          --epochs N          passes over the training images (paper: 100)
          --batch full|N      images in a batch (paper: full, one update an epoch)
          --init-std X        standard deviation of initial weights (paper: 0.1)

        What to prune (trained models, one shot, biases kept)
          --sparsity LIST     shares of the weights to zero, 0..1, or `none` (paper:
                              0.1 to 0.99, and 0.001 to 0.0095, the levels at which
                              its published figure was in fact measured)
          --pruning LIST      what goes first: the smallest weights of each layer, of
                              both together, of W1 alone, or weights drawn by lot
                              (paper: layer,global,w1,random)

        Where
          --out DIR           directory of the run (default: runs/ and the preset's
                              name); the same command again resumes it
          --saliency H        saliency panels of the models with H hidden units
                              (default: 24; 0 = none)
          --saliency-method gradient|perturbation
                              dp/dx, or the change of p when a pixel is raised by
                              0.1 (default: gradient)

        How it runs
          --device auto|cpu   accelerator (default: auto, the best one found)
          --threads N         CPU threads (default: one a core)
          --dry-run           print the plan and stop
          --quiet             nothing but errors and the final table
          --fail-fast         stop at the first model that fails
          --verbose           stack traces with errors

        Lists are comma-separated, without spaces. Ranges include both ends: 0..9
        is 0,1,...,9; a step is added or multiplied: 10..30+10, 2..64*2.

        """;

    private const string Examples = """
        Examples
          gpumlp sweep
          gpumlp sweep --tasks 4v9 --hidden 2..64*2 --seeds 0..9 --out runs/4v9
          gpumlp sweep --data ~/fashion --tasks all --lr 0.01,0.03 --dry-run

        """;

    private const string ExitCodesText = """
        Exit codes
          0 all done                          4 verification failed
          1 some models failed               70 device absent or lost
          2 bad usage, spec, data or plan    75 interrupted, can be resumed
          3 incomplete                      130 Ctrl-C

        """;

    private const string Devices = """
        gpumlp devices lists every accelerator seen, what was skipped and why, and
        which one --device auto takes.

        Usage: gpumlp devices [--verbose]

          --verbose           stack traces with errors

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
        "--epochs" => "100",
        "--batch" => "full",
        "--init-std" => "0.1",
        "--sparsity" => "0.5,0.95",
        "--pruning" => "layer,random",
        "--saliency" => "24",
        "--saliency-method" => "gradient",
        "--device" => "cpu",
        "--threads" => "4",
        "--out" => "runs/mine",
        _ => "VALUE",
    };

    private static string Page(string? command) => command switch
    {
        "sweep" => "gpumlp sweep: plan, train, merge and report on this machine.\n\nUsage: gpumlp sweep [flags]\n\n"
            + Join(SweepFlags, Examples, ExitCodesText),
        "devices" => Devices,
        _ => Join(Overview, "Flags of sweep\n\n" + SweepFlags, Examples, ExitCodesText),
    };

    private static string Join(params string[] parts) => string.Join('\n', parts);
}
