using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Streams;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>What commands show of themselves on a terminal: that each part of their work is named from its first moment.</summary>
[Trait("Size", "large")]
public sealed class TerminalTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Every_command_that_works_names_what_it_is_at_from_the_first_moment()
    {
        string run = _place["run"], parts = _place["parts"];
        string[] flags = ["--data", _place.Data(), "--tasks", "0v1,1v2", "--hidden", "2,3", "--seeds", "0", "--epochs", "3"];
        string[] ending = ["merge", "saliency", "table", "report"];
        Shows(["sweep", .. flags, "--out", run], ["devices", "plan", "resume", .. ending], "trained 4/4 models");
        Shows(["sweep", .. flags, "--out", run, "--dry-run"], ["devices", "plan", "estimate"]);
        Shows(["plan", .. flags, "--out", parts], ["plan", "estimate"]);
        Shows(["run", parts], ["plan", "devices", "data", "resume"], "trained 4/4 models");
        Shows(["merge", parts], ["plan", .. ending]);
        Shows(["report", run], ["report"]);
        Shows(["saliency", run], ["models", "data", "saliency"]);
        Shows(["export", run], ["export"]);
        Shows(["compare", run, parts], ["compare"]);
        Shows(
            ["analyse", run, "--noise", "0.2", "--out", _place["noise"]], ["devices", "plan", "check", "resume", .. ending],
            "trained 4/4 models");
        string[] more = [.. flags, "--seeds", "1"];
        Gpumlp.Here(["sweep", .. more.Where((_, i) => i != 6 && i != 7), "--out", _place["more"]]).AssertSuccess();
        Shows(["join", run, _place["more"], "--out", _place["all"]], ["devices", "plan", "check", "resume", .. ending]);
        Shows(["bench", "--quick", "--ops", "forward", "--hidden", "2", "--models", "1", "--batch", "32", "--out", _place["bench"]],
            ["devices", "data", "roof", "plots"], "1 of ");
    }

    [Fact]
    public void Quiet_commands_show_nothing_of_it()
    {
        string[] flags = ["--data", _place.Data(), "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--epochs", "3"];
        Assert.Equal("", Shown(["sweep", .. flags, "--out", _place["run"], "--quiet"]));
        foreach (string command in new[] { "merge", "report", "saliency", "export" })
            Assert.Equal("", Shown([command, _place["run"], "--quiet"]));
    }

    /// <param name="phases">In this order, each with the time that it begins at.</param>
    private static void Shows(string[] args, string[] phases, string more = "")
    {
        string shown = Shown(args);
        int at = 0;
        foreach (string phase in phases)
        {
            string words = PhaseClock.Words[phase];
            int found = shown.IndexOf($"\r{words}, 0:00.", at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"gpumlp {string.Join(' ', args)}: no '{words}' behind character {at} of\n{shown}");
            at = found + words.Length;
        }

        Assert.Contains(more, shown);
    }

    private static string Shown(string[] args)
    {
        using StringWriter stdout = new(), stderr = new();
        int exitCode = Program.Run(args, new CommandIo(stdout, stderr, OutIsTerminal: false, ErrorIsTerminal: true));
        Assert.True(exitCode == 0, $"{string.Join(' ', args)}: exit {exitCode}\n{stderr}");
        return stderr.ToString();
    }
}
