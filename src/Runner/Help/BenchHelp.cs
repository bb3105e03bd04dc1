namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp bench --help</c>.</summary>
internal static class BenchHelp
{
    public static string Page { get; } = HelpText.Join(Flags, HelpText.ExitCodes);

    private const string Flags = """
        gpumlp bench measures what skipping zeros buys: dense kernels against masked,
        weight-sparse and input-sparse ones and an outside multiplier. Every result
        is compared with a reference before it is timed. All of it takes a quarter of an
        hour on two cores.

        Usage: gpumlp bench [flags]

        What to measure (every combination of the lists)
          --quick             one size, within a minute on two cores
          --ops LIST          forward,backward,saliency
          --forms LIST        dense,masked,weight-sparse,input-sparse,outside (the
                              sparse multiplier of ILGPU.Algorithms, forward only)
          --masks LIST        magnitude (of trained models), uniform (by lot)
          --mask FILE,...     masks of your own in place of those: weights that are 0
                              in w1 [784, H] and w2 [H] of safetensors files, as
                              gpumlp export writes them; sparsity and H are theirs
          --sparsity LIST     shares of pruned weights
                              (default: 0,0.5,0.7,0.8,0.9,0.95,0.98,0.99)
          --hidden LIST       hidden units of each model (default: 8,24,64)
          --models LIST       models a launch (default: 1,10,100,1000)
          --batch LIST        images a launch (default: 32,256)

        How
          --device NAME       auto, cpu, cuda, opencl, or one device such as cuda:0
          --threads N         CPU threads (default: all cores)
          --out DIR           where bench.csv, bench.json, breakeven-*.png and
                              roofline-*.png go (default: runs/bench)
          --quiet             no progress
          --verbose           stack traces with errors

        Examples
          gpumlp bench --quick
          gpumlp bench --ops forward --sparsity 0.5,0.6,0.7 --models 100
          gpumlp bench --hidden 64 --models 1,10 --forms dense,weight-sparse
          gpumlp bench --mask runs/paper/export/4v9-s42-h24-lr0.03-layer0.95.safetensors

        """;
}
