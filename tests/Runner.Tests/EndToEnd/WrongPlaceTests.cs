using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>Folders that cannot be used and data that cannot be read: one line, the right exit code, nothing left behind.</summary>
[Trait("Size", "large")]
public sealed class WrongPlaceTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_file_instead_of_a_folder_for_out_is_refused()
    {
        File.WriteAllText(_place["file"], "mine");
        Assert.Contains(_place["file"], Small(_place["file"]).AssertOneLine(2));
        Assert.Contains(_place["file"], Small(Path.Combine(_place["file"], "below")).AssertOneLine(2));
        Assert.Equal("mine", File.ReadAllText(_place["file"]));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        Assert.Contains("/proc/", Small("/proc/gpumlp-run").AssertOneLine(2));
    }

    [Fact]
    public void A_folder_with_other_things_in_it_is_refused()
    {
        string folder = _place.Data("mine");
        Assert.Contains("not a run", Small(folder).AssertOneLine(2));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder).Length);
    }

    [Fact]
    public void A_plan_that_was_changed_by_hand_is_refused()
    {
        Small(_place["run"]).AssertSuccess();
        string plan = Path.Combine(_place["run"], "plan.json");
        File.WriteAllText(plan, File.ReadAllText(plan).Replace("\"epochs\":3", "\"epochs\":4", StringComparison.Ordinal));
        Assert.Contains("plan.json", Small(_place["run"]).AssertOneLine(2));
    }

    [Theory]
    [InlineData("\"batch\":\"full\"", "\"batch\":0", "plan.json: spec.batch: 0 is out of range")]
    [InlineData("\"id\":0", "\"id\":999999", "plan.json: units[0].id: 999999; must be 0 here")]
    [InlineData("\"model_count\":1", "\"model_count\":-1", "plan.json: units[0].model_count: -1; must be 1 to 1 here")]
    [InlineData("\"seeds\":[0]", "\"seeds\":[]", "plan.json: spec.seeds: empty")]
    public void A_plan_that_no_planning_makes_is_refused_by_its_field_whatever_its_hash_says(string old, string @new, string message)
    {
        Small(_place["run"]).AssertSuccess();
        string plan = Path.Combine(_place["run"], "plan.json"), text = File.ReadAllText(plan);
        Assert.Contains(old, text);
        text = text.Replace(old, @new, StringComparison.Ordinal);
        byte[] hashed = Encoding.UTF8.GetBytes(Regex.Replace(text, "\"(plan_hash|shards)\":.*\n", ""));
        text = Regex.Replace(text, "\"plan_hash\":\"[0-9a-f]*\"", $"\"plan_hash\":\"{Convert.ToHexStringLower(SHA256.HashData(hashed))}\"");
        File.WriteAllText(plan, text);
        foreach (string verb in new[] { "run", "status", "merge", "report" })
            Assert.Contains(message, Gpumlp.Here(verb, _place["run"]).AssertOneLine(2));
        Assert.Contains(message, Small(_place["run"]).AssertOneLine(2));
    }

    [Theory]
    [InlineData("images missing", "train-images")]
    [InlineData("labels missing", "train-labels")]
    [InlineData("gzip truncated", "train-images-idx3-ubyte.gz")]
    [InlineData("images truncated", "train-images-idx3-ubyte")]
    [InlineData("fewer labels", "labels")]
    [InlineData("not IDX", "train-images-idx3-ubyte")]
    [InlineData("folder missing", "bad")]
    [InlineData("too few images", "at least 5")]
    public void Bad_data_are_told_in_one_line(string fault, string named)
    {
        string folder = _place.Data("bad", each: fault == "too few images" ? 4 : 30);
        string images = Path.Combine(folder, "train-images-idx3-ubyte"), labels = Path.Combine(folder, "train-labels-idx1-ubyte");
        switch (fault)
        {
            case "images missing":
                File.Delete(images);
                break;
            case "labels missing":
                File.Delete(labels);
                break;
            case "gzip truncated":
                byte[] packed = Gzip(File.ReadAllBytes(images));
                File.Delete(images);
                File.WriteAllBytes(images + ".gz", packed[..(packed.Length / 2)]);
                break;
            case "images truncated":
                File.WriteAllBytes(images, File.ReadAllBytes(images)[..^1]);
                break;
            case "fewer labels":
                File.WriteAllBytes(labels, Workplace.Idx([0x801, 80], [.. File.ReadAllBytes(labels).Skip(8).Take(80)]));
                break;
            case "not IDX":
                File.WriteAllText(images, "these are no images at all");
                break;
            case "folder missing":
                Directory.Delete(folder, recursive: true);
                break;
        }

        Gpumlp.Outcome outcome = Gpumlp.Here("sweep", "--data", folder, "--tasks", "0v1", "--hidden", "2", "--out", _place["run"]);
        Assert.Contains(named, outcome.AssertOneLine(2));
        Assert.False(Directory.Exists(_place["run"]));
    }

    private Gpumlp.Outcome Small(string run) => Gpumlp.Here(
        "sweep", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--epochs", "3", "--quiet",
        "--sparsity", "none", "--corruption", "none", "--embedding", "none", "--saliency", "0", "--out", run);

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
