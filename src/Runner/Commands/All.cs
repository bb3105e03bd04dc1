using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary>The commands that there are.</summary>
internal static class All
{
    /// <summary>In the order of help.</summary>
    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        SweepCommand.Verb,
        PlanCommand.Verb,
        RunCommand.Verb,
        StatusCommand.Verb,
        MergeCommand.Verb,
        AnalyseCommand.Verb,
        JoinCommand.Verb,
        ReportCommand.Verb,
        CompareCommand.Verb,
        SaliencyCommand.Verb,
        ExportCommand.Verb,
        BenchCommand.Verb,
        SlurmCommand.Verb,
        DevicesCommand.Verb,
        VerifyCommand.Verb,
        CompletionCommand.Verb,
    ];

    /// <summary>The command of a name; null for a name that is none.</summary>
    public static Verb? Find(string name) => Verbs.FirstOrDefault(verb => verb.Name == name);
}
