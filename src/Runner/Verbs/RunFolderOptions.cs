using GpuMlp.Engine;

namespace GpuMlp.Runner.Verbs;

/// <summary>
/// Commands about a run that exists: its folder is the one word that belongs to no flag, as in <c>gpumlp status runs/mine</c>.
/// </summary>
internal abstract class RunFolderOptions : CommandOptions
{
    /// <summary>As typed.</summary>
    public string Run { get; private set; } = "";

    /// <summary>Takes the folder from among the words that belong to no flag.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public void TakeRun(string command)
    {
        Run = Stray.FirstOrDefault()
            ?? throw new UserErrorException($"{command}: RUN is missing, the folder of a run, as in `gpumlp {command} runs/mine`.");
        Stray = Stray.Skip(1);
    }
}
