namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp sweep --help</c>.</summary>
internal static class SweepHelp
{
    public static string Page { get; } = HelpText.Join(
        "gpumlp sweep: plan, train, merge and report on this machine.\n\nUsage: gpumlp sweep [flags]\n", Flags, Examples, HelpText.ExitCodes);

    public const string Flags = """
        What to train
          --preset NAME       paper, the published study (default); quick, two models
                              of it; when-sparse, 16 ways to train that show when
                              pruning 95 % keeps F1; the flags below change parts
          --spec FILE         the same choices from a JSON file, instead of --preset
          --data DIR          any IDX data set with the MNIST file names, gzipped or
                              not, and classes.txt with names of its classes in
                              UTF-8 where there are some (default: the embedded
                              MNIST)
          --tasks LIST        pairs of classes, the second one is label 1, or `all`:
                              every pair of classes with 5 images or more (paper:
                              0v1,1v7,5v6,3v8,4v9; `all` on data without these)
          --hidden LIST       hidden sizes H (paper: 2,4,6,8,10,12,16,24,32,48,64)
          --seeds LIST        seeds of splits and weights (paper: 0,42,78)
          --lr LIST           learning rates (paper: 0.03, and on 4v9 the study's other
                              rates, 0.1 and 0.3, to compare; not with --tasks or --lr)
          --epochs LIST       passes over the training images (paper: 100)
          --batch LIST        images in a batch, numbers or `full` (paper: full, one
                              update an epoch)
          --init-std LIST     standard deviations of initial weights (paper: 0.1)
          --weight-decay LIST L2 on W1 and W2: times a weight, added to its gradient
                              (paper: 0)

        What to prune (trained models, one shot, biases kept)
          --sparsity LIST     shares of the weights to zero, 0..1, or `none` (paper:
                              0.1 to 0.99, and 0.001 to 0.0099, the levels at which
                              its published figure was in fact measured)
          --pruning LIST      what goes first: the smallest weights of each layer, of
                              both together, of W1 alone, or weights drawn by lot
                              (paper: layer,global,w1,random)
          --finetune-epochs N train every pruned model on under its mask, N epochs
                              at each method and level: finetune.csv (paper: 0)
          --rewind            and N epochs once more, from the initial values of
                              the weights that are kept (the lottery ticket)

        What to do to validation images (each model is evaluated on all of them)
          --noise LIST        gaussian noise, standard deviations on the scale 0..1,
                              or `none` (paper: 0.1,0.2,0.3,0.4,0.5)
          --occlusion LIST    a square set to 0, anywhere by lot, sides in pixels, or
                              `none` (paper: 7)
          --corruption LIST   all of them by name and severity, as in blur:1.5, or by
                              name alone for the severities of the paper preset, or
                              `none`: gaussian, occlusion, salt-pepper (share of the
                              pixels), blur (standard deviation in pixels), rotation
                              (degrees), translation (pixels). --noise and
                              --occlusion take the place of their own kinds

        What to embed (t-SNE of hidden activations, dense and pruned)
          --embedding LIST    tasks, `all` or `none` (paper: 4v9); of each the model
                              of 24 hidden units and rate 0.03, or the nearest, at
                              the first seed: the one that the report shows

        What to explain (saliency maps of pruned models beside the trained ones')
          --similarity LIST   methods: gradient, input-gradient, smoothgrad,
                              integrated, perturbation (paper: all), or `none`
          --similarity-images N
                              validation images of the mean (paper: 32)

        Where
          --out DIR           directory of the run (default: runs/ and the preset's
                              name); the same command again resumes it
          --saliency H        saliency panels of the models with H hidden units
                              (default: 24; 0 = none); `gpumlp saliency` draws
                              others at any time
          --saliency-method gradient|perturbation
                              dp/dx, or the change of p when a pixel is raised by
                              0.1 (default: gradient)

        How it runs
          --device auto|cpu|cuda[:I]|opencl[:I]
                              what to train on (default: auto: CUDA, then an OpenCL
                              GPU, then the CPU); cuda and opencl take all devices of
                              their kind, a unit each, cuda:0 takes one
          --threads N         CPU threads (default: one a core)
          --dry-run           print the plan and stop
          --quiet             nothing but errors and the final table
          --fail-fast         stop at the first model that fails
          --verbose           stack traces with errors

        Lists are comma-separated, without spaces. Ranges include both ends: 0..9
        is 0,1,...,9; a step is added or multiplied: 10..30+10, 2..64*2.

        """;

    public const string Examples = """
        Examples
          gpumlp sweep
          gpumlp sweep --tasks 4v9 --hidden 2..64*2 --seeds 0..9 --out runs/4v9
          gpumlp sweep --data ~/fashion --tasks all --lr 0.01,0.03 --dry-run

        """;
}
