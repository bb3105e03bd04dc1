using System.Security.Cryptography;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

public sealed class EmbeddedMnistTests
{
    [Fact]
    public void The_embedded_data_set_is_MNIST()
    {
        Dataset data = DatasetLoader.Load(null);
        Assert.Equal("mnist", data.Name);
        Assert.Equal((60_000, 28, 28, 784, 10), (data.Images, data.Rows, data.Columns, data.Inputs, data.Classes));

        // Origin: sizes of the classes in MNIST's training file, so 4v9 has 11,791 images and 0v1 has 12,665.
        int[] expected = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
        int[] counts = [.. Enumerable.Range(0, 10).Select(label => data.Labels.Count(other => other == label))];
        Assert.Equal(expected, counts);
        Assert.Equal(11_791, counts[4] + counts[9]);
        Assert.Equal(12_665, counts[0] + counts[1]);
    }

    [Fact]
    public void The_files_load_as_a_folder_to_the_same_data()
    {
        // Origin: the sums of MNIST's unzipped training files as its mirrors publish them.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Dataset data = DatasetLoader.Load(null), folder = DatasetLoader.Load(EmbeddedMnist.InstalledDirectory);
        hash.AppendData(IdxFolder.Idx([0x803, 60_000, 28, 28], data.Pixels));
        Assert.Equal("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", Convert.ToHexStringLower(hash.GetHashAndReset()));
        hash.AppendData(IdxFolder.Idx([0x801, 60_000], data.Labels));
        Assert.Equal("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", Convert.ToHexStringLower(hash.GetHashAndReset()));
        Assert.Equal(data.Sha256, folder.Sha256);
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte.gz")]
    [InlineData("train-labels-idx1-ubyte.gz")]
    [InlineData("t10k-images-idx3-ubyte.gz")]
    [InlineData("t10k-labels-idx1-ubyte.gz")]
    public void One_flipped_byte_is_a_damaged_installation(string name)
    {
        using IdxFolder copy = Copy();
        byte[] bytes = File.ReadAllBytes(Path.Combine(copy.Directory, name));
        bytes[bytes.Length / 2] ^= 0x40;
        copy.Write(name, bytes);
        AssertDamaged($"The installation is damaged: {name} does not have the SHA-256 that SHA256SUMS gives; "
            + $"delete '{copy.Directory}' and build or install GpuMlp again.", copy);
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte.gz")]
    [InlineData("t10k-labels-idx1-ubyte.gz")]
    [InlineData("SHA256SUMS")]
    public void A_missing_file_is_a_damaged_installation(string name)
    {
        using IdxFolder copy = Copy();
        copy.Delete(name);
        AssertDamaged(name, copy);
    }

    [Fact]
    public void A_file_without_a_sum_is_a_damaged_installation()
    {
        using IdxFolder copy = Copy();
        copy.Write("SHA256SUMS", []);
        AssertDamaged("does not have the SHA-256", copy);
    }

    private static void AssertDamaged(string message, IdxFolder copy)
    {
        UserErrorException fault = Assert.Throws<UserErrorException>(() => EmbeddedMnist.Load(copy.Directory));
        Assert.StartsWith("The installation is damaged: ", fault.Message);
        Assert.Contains(message, fault.Message);
        IdxFolder.AssertUserError(fault);
    }

    private static IdxFolder Copy()
    {
        var copy = new IdxFolder();
        foreach (string path in Directory.GetFiles(EmbeddedMnist.InstalledDirectory))
            File.Copy(path, Path.Combine(copy.Directory, Path.GetFileName(path)));
        return copy;
    }
}
