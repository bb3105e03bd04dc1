namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp export --help</c>.</summary>
internal static class ExportHelp
{
    public static string Page { get; } = HelpText.Join("""
        gpumlp export RUN writes models of a merged run for other programs, one file a
        model: an ONNX graph from `images` [N, D] (pixel / 255) to `logits` and
        `probabilities` [N, 1], and safetensors w1 [D, H], b1, w2, b2. Models that
        failed in training are left out and named; the exit code is then 1.

        Usage: gpumlp export RUN [flags]

          --tasks LIST        as in 4v9,3v8 (default: all of the run, as for the next)
          --seeds LIST        seeds
          --hidden LIST       hidden sizes
          --lr LIST           learning rates
          --sparsity LIST     pruned models, at these shares of their weights 0..1, in
                              place of those trained: ...-layer0.95.onnx
          --pruning LIST      how: layer,global,w1,random (default: layer)
          --format LIST       onnx,safetensors (default: both)
          --out DIR           where to (default: RUN/export)
          --quiet             nothing but errors
          --verbose           stack traces with errors

        """,
        """
        Example
          gpumlp export runs/paper --tasks 4v9 --hidden 24 --format onnx
          gpumlp export runs/paper --tasks 4v9 --hidden 24 --sparsity 0.9,0.95

        """,
        HelpText.ExitCodes);
}
