using GpuMlp.Engine;

namespace GpuMlp.Runner.Verbs;

/// <summary>
/// Commands about a run that exists: its folder is the one word that belongs to no flag, as in <c>gpumlp status runs/mine</c>. One that
/// compares takes two, and one that is about something else may say so.
/// </summary>
internal abstract class RunFolderOptions : CommandOptions
{
    /// <summary>As typed; the first one, where there are several.</summary>
    public string Run => Runs[0];

    /// <summary>All of them, as typed.</summary>
    public IReadOnlyList<string> Runs { get; private set; } = [];

    /// <summary>What help and messages call them.</summary>
    public virtual IReadOnlyList<string> RunWords => ["RUN"];

    /// <summary>Whether the last of <see cref="RunWords"/> stands for any number of folders.</summary>
    protected virtual bool TakesMore => false;

    /// <summary>What each of them is, for messages.</summary>
    protected virtual string WordIs => "the folder of a run";

    /// <summary>For messages; at least one a word.</summary>
    protected virtual IReadOnlyList<string> Examples { get; } = ["runs/mine", "runs/other"];

    /// <summary>Takes the folders from among the words that belong to no flag.</summary>
    /// <exception cref="UserErrorException">There are too few.</exception>
    public void TakeRun(string command)
    {
        Runs = [.. Stray.Take(TakesMore ? int.MaxValue : RunWords.Count)];
        if (Runs.Count < RunWords.Count)
        {
            throw new UserErrorException(
                $"{command}: {RunWords[Runs.Count]} is missing, {WordIs}, as in "
                + $"`gpumlp {command} {string.Join(' ', Examples.Take(RunWords.Count))}`.");
        }

        Stray = Stray.Skip(Runs.Count);
    }
}
