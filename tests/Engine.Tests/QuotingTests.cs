using System.Diagnostics;
using System.Text;
using CsCheck;

namespace GpuMlp.Engine.Tests;

public sealed class QuotingTests
{
    private static readonly Gen<string> s_words = Gen.String[
        Gen.OneOf(
            Gen.Char[" \t\n\r'\"\\#$`!%;&|<>(){}[]*?~=-\u0001\u001b\u007f\u0085\u2028"],
            Gen.Char['a', 'f'],
            Gen.Char['0', '9'],
            Gen.Char['\u00c0', '\u0250'],
            Gen.Char['\u4e00', '\u4e80']),
        0, 12];

    [Fact]
    public void A_quoted_word_comes_back_from_bash_exactly_and_takes_one_line() => s_words.Array[1, 200].Sample(
        words =>
        {
            string[] quoted = [.. words.Select(Quoting.Bash)];
            Assert.All(quoted, word => Assert.DoesNotContain(word, char.IsControl));
            Assert.Equal(words, FromBash($"printf '%s\\0' {string.Join(' ', quoted)}"));
        },
        iter: 20,
        seed: "0N0XIzNsQ0O2");

    [Fact]
    public void Words_split_as_bash_splits_them_where_it_expands_nothing() => Gen.String[Gen.Char["ab '\"\\=-"], 0, 12].Sample(
        text =>
        {
            if (Quoting.Split(text) is { } words)
                Assert.Equal(words, FromBash($"printf '%s\\0' {text}").Skip(words.Count == 0 ? 1 : 0));
        },
        iter: 100,
        threads: 1,
        seed: "0N0XIzNsQ0O2");

    [Theory]
    [InlineData("'open")]
    [InlineData("\"open")]
    [InlineData("ends in \\")]
    public void An_open_quote_is_no_list_of_words(string text) => Assert.Null(Quoting.Split(text));

    [Theory]
    [InlineData("/scratch/plain_1.0", "/scratch/plain_1.0")]
    [InlineData("/my runs", "\"/my runs\"")]
    [InlineData("a#b", "\"a\\#b\"")]
    [InlineData("a\"b'c\\d", "\"a\\\"b'c\\\\d\"")]
    [InlineData("n[3-4]$x;y", "n[3-4]$x;y")]
    public void A_directive_is_quoted_as_sbatch_reads_it(string value, string expected) => Assert.Equal(expected, Quoting.Sbatch(value));

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028b")]
    public void A_directive_takes_no_line_break(string value) =>
        Assert.Contains("must hold no control character", Assert.Throws<UserErrorException>(() => Quoting.Sbatch(value)).Message);

    private static string[] FromBash(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        ProcessStartInfo start = new("bash", ["--norc", "-s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false)
        };
        using Process bash = Process.Start(start)!;
        bash.StandardInput.Write(command + "\n");
        bash.StandardInput.Close();
        using MemoryStream bytes = new();
        bash.StandardOutput.BaseStream.CopyTo(bytes);
        bash.WaitForExit();
        Assert.Equal(0, bash.ExitCode);
        return Encoding.UTF8.GetString(bytes.ToArray()).Split('\0')[..^1];
    }
}
