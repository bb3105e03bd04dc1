using System.Text.RegularExpressions;
using GpuMlp.Engine;
using GpuMlp.Engine.Specs;
using GpuMlp.Runner.Commands;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed partial class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData("sweep --help")]
    [InlineData("sweep --hidden 4 --help")]
    [InlineData("help sweep")]
    [InlineData("devices --help")]
    [InlineData("nonsense --help")]
    public void Help_fits_80_columns_and_succeeds(string commandLine)
    {
        (int exitCode, string stdout, string stderr) = Cli.Run(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.Equal("", stderr);
        Assert.EndsWith("\n", stdout);
        Assert.All(Cli.Lines(stdout), line => Assert.True(line.Length <= 80 && line == line.TrimEnd(), line));
    }

    public static TheoryData<string> Commands { get; } = [.. All.Verbs.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_names_every_flag_that_there_is_and_no_other(string command)
    {
        string help = Cli.Run(command, "--help").Out;
        IEnumerable<string> described = FlagAtLineStart().Matches(help).Select(match => match.Groups[1].Value);
        Assert.Equal(All.Find(command)!.Flags.Select(flag => flag.Name).Order(), described.Order());
    }

    [Fact]
    public void Overview_is_a_screen_that_names_every_command_and_exit_code()
    {
        string help = Cli.Run().Out;
        Assert.InRange(Cli.Lines(help).Length, All.Verbs.Count, 50);
        Assert.All(All.Verbs, verb => Assert.Contains($"\n  {verb.Name} ", help));
        Assert.All(
            new[] { ExitCodes.Done, 1, 2, 3, 4, 70, 75, ExitCodes.Cancelled },
            code => Assert.Matches($@"(?m)(^|\s){code} \w", help));
    }

    [Fact]
    public void Defaults_that_the_code_has_are_those_of_help() =>
        Assert.Contains($"default: {ShownModel.StudySize};", Cli.Run("sweep", "--help").Out);

    [Fact]
    public void Every_flag_with_a_value_has_an_example() =>
        Assert.All(
            All.Verbs.SelectMany(verb => verb.Flags).Where(flag => flag.TakesValue),
            flag => Assert.NotEqual("", flag.Example));

    [Fact]
    public void Version_is_the_number_alone()
    {
        (int exitCode, string stdout, _) = Cli.Run("--version");
        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.Matches(@"^gpumlp \d+\.\d+\.\d+\r?\n$", stdout);
    }

    [GeneratedRegex("(?m)^  (--[a-z0-9-]+)")]
    private static partial Regex FlagAtLineStart();
}
