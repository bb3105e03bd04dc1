using System.Text;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary>Which page of help a command line asks for, and the one about all commands.</summary>
internal static class Help
{
    // Where the summaries stand, right of the names.
    private const int SummaryColumn = 13;

    /// <summary>The page that these words ask for, or null when they ask for something else.</summary>
    public static string? For(string[] args)
    {
        if (args.Length == 0 || args[0] == "help")
            return Page(args.Length > 1 ? args[1] : "");
        return args.Any(arg => arg is "--help" or "-h" or "-?") ? Page(args[0]) : null;
    }

    private static string Page(string command) => All.Find(command)?.Page ?? HelpPage.Join(
        """
        gpumlp trains thousands of small multilayer perceptrons (D-H-1) at once and
        compares them over tasks, hidden sizes, seeds and learning rates.

        Usage: gpumlp COMMAND [flags]
        """,
        Commands(),
        """
          gpumlp COMMAND --help shows the flags of one command, gpumlp --version the
          version. Every command takes --verbose: stack traces with errors.

        Begin with
          gpumlp devices          what there is to train on
          gpumlp sweep            the published study: tables, pictures, report
          gpumlp sweep --help     the same of other tasks, sizes and data
        """,
        HelpPage.ExitCodes);

    private static string Commands()
    {
        StringBuilder list = new("Commands\n");
        foreach (Verb verb in All.Verbs)
            HelpPage.Entry(list, "  " + verb.Name, SummaryColumn, verb.Summary);
        return list.ToString();
    }
}
