namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp saliency --help</c>.</summary>
internal static class SaliencyHelp
{
    public static string Page { get; } = HelpText.Join("""
        gpumlp saliency RUN draws what models of a merged run look at, before and after
        pruning, as one PNG: a row a model and image, a column a level. Without flags
        it is the model that the report shows: of 4v9, 24 hidden units and rate 0.03,
        or the nearest that the run has. A model that failed in training is refused.

        Usage: gpumlp saliency RUN [flags]

          --data DIR          where the run's data are, if they have moved
          --task TASK         as in 4v9 (default: that, or the hardest that the run has)
          --seed N            (default: the run's first)
          --hidden LIST       hidden sizes (default: 24, or the nearest)
          --lr X              learning rate (default: 0.03, or the nearest)
          --variant N         of the ways to train that the run has, from 0 (default:
                              the study's, or the first)
          --image LIST        0-based numbers in the training file, or `examples`: one
                              that the (first) model gets right and one that it does
                              not (default), or `average`: the mean maps of each class
          --method NAME       gradient (dp/dx, default), input-gradient, smoothgrad,
                              integrated or perturbation
          --pruning LIST      layer, global, w1 or random (default: layer)
          --sparsity LIST     shares of the weights to zero, or `none` (default: 0.95)
          --threads N         CPU threads (default: one a core)
          --out FILE          never one of a run's own files (default: RUN/saliency/
                              and a name made of all that chooses the picture)
          --quiet             nothing but errors
          --verbose           stack traces with errors

        """,
        """
        Examples
          gpumlp saliency runs/paper --task 4v9 --seed 42 --method integrated
          gpumlp saliency runs/paper --task 4v9 --hidden 2..64*2 --image 4

        """,
        HelpText.ExitCodes);
}
