using GpuMlp.Engine;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp completion SHELL</c>: what a shell must know to complete commands and flags.</summary>
internal static class CompletionCommand
{
    internal sealed class Options : RunFolderOptions
    {
        public override IReadOnlyList<string> RunWords => ["bash|zsh"];

        public override bool OnlyPrints => true;

        public override bool IsLight => true;

        protected override string WordIs => "a shell";

        protected override IReadOnlyList<string> Examples { get; } = ["bash"];
    }

    public static Verb Verb { get; } = new Verb<Options>("completion", Run)
    {
        Summary = "a script that lets bash or zsh complete commands and flags",
        About = """
            gpumlp completion bash prints a script that lets bash complete commands, flags and
            folders; gpumlp completion zsh does the same for zsh.
            """,
        Notes = """
            Examples
              source <(gpumlp completion bash)
              gpumlp completion bash > ~/.local/share/bash-completion/completions/gpumlp
              gpumlp completion zsh > ~/.zfunc/_gpumlp
            """,
    };

    /// <exception cref="UserErrorException">Another shell.</exception>
    private static int Run(Options options, CommandIo io)
    {
        io.Out.Write(options.Run switch
        {
            "bash" => CompletionScripts.Bash(All.Verbs),
            "zsh" => CompletionScripts.Zsh(All.Verbs),
            var other => throw new UserErrorException($"completion: '{OneLine.Of(other)}' is no shell it knows; must be bash or zsh"),
        });
        return ExitCodes.Done;
    }
}
