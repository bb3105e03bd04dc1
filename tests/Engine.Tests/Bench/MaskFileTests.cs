using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using GpuMlp.Engine.Bench;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Bench;

/// <summary>Masks of the user's: what is read from a file, and what each file that is none is told.</summary>
public sealed class MaskFileTests : IDisposable
{
    private const int Inputs = 6;
    private const string Right = "w1 [6, H] and w2 [H] as float32 in safetensors must be there, as gpumlp export writes them";

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("mask.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_that_are_0_are_pruned_and_all_others_kept()
    {
        // Negative zero is a zero; NaN is not, and neither is the smallest number.
        float[] w1 = [1, 0, -0f, 2, float.NaN, float.Epsilon, 0, 0, 3, -4, 0, 0], w2 = [0, 5];
        Write(("w1", [Inputs, 2], w1), ("w2", [2], w2), ("b1", [2], [0, 0]));
        MaskFile mask = Read();
        Assert.Equal(2, mask.Hidden);
        Assert.Equal([true, false, false, true, true, true, false, false, true, true, false, false], mask.Mask.W1);
        Assert.Equal([false, true], mask.Mask.W2);
        Assert.Equal(7.0 / 14, mask.Sparsity);
        Assert.Equal(64, mask.Sha256.Length);
    }

    [Theory]
    [InlineData("6x2", null, "no tensor w2 in it; " + Right)]
    [InlineData(null, "2", "no tensor w1 in it; " + Right)]
    [InlineData("5x2", "2", "tensor w1 is [5, 2]; must be [6, H] with H from 1 to 1024")]
    [InlineData("2x6", "2", "tensor w1 is [2, 6]; must be [6, H] with H from 1 to 1024")]
    [InlineData("12", "2", "tensor w1 is [12]; must be [6, H] with H from 1 to 1024")]
    [InlineData("6x2x1", "2", "tensor w1 is [6, 2, 1]; must be [6, H] with H from 1 to 1024")]
    [InlineData("6x0", "0", "tensor w1 is [6, 0]; must be [6, H] with H from 1 to 1024")]
    [InlineData("6x1025", "1025", "tensor w1 is [6, 1025]; must be [6, H] with H from 1 to 1024")]
    [InlineData("6x2", "3", "tensor w2 is [3]; must be [2], since w1 is [6, 2]")]
    [InlineData("6x2", "2x1", "tensor w2 is [2, 1]; must be [2], since w1 is [6, 2]")]
    public void A_tensor_that_is_missing_or_of_the_wrong_shape_is_named_with_the_right_one(string? w1, string? w2, string message)
    {
        var tensors = new List<(string, long[], float[])> { ("other", [1], [1]) };
        foreach ((string name, string? shape) in new[] { ("w1", w1), ("w2", w2) })
        {
            if (shape is null)
                continue;
            long[] extents = [.. shape.Split('x').Select(long.Parse)];
            tensors.Add((name, extents, new float[extents.Aggregate(1L, (product, extent) => product * extent)]));
        }
        Write([.. tensors]);
        Assert.Equal($"--mask: {Path}: {message}", Refused());
    }

    [Theory]
    [InlineData("""{"w1":{"dtype":"F16","shape":[6,2],"data_offsets":[0,24]}}""", "(tensor w1 is of type F16; must be F32)")]
    [InlineData("""{"w1":{"dtype":"F32","shape":[6,2],"data_offsets":[0,24]}}""", "(tensor w1 has not the place of 6 x 2 numbers in it)")]
    [InlineData(
        """{"w1":{"dtype":"F32","shape":[6,20],"data_offsets":[0,480]}}""",
        "(tensor w1 has not the place of 6 x 20 numbers in it)")]
    [InlineData("""{"w1":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,24]}}""", "(its header is not one)")]
    [InlineData("""{"w1":{"dtype":"F32","shape":[6,2]}}""", "(its header is not one)")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "(its header is not one)")]
    [InlineData("[1, 2]", "(its header is not one)")]
    [InlineData("{", "(its header is not one)")]
    public void A_header_that_is_wrong_is_told_in_one_line(string header, string reason)
    {
        byte[] text = Encoding.UTF8.GetBytes(header), file = new byte[sizeof(ulong) + text.Length + 100];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)text.Length);
        text.CopyTo(file.AsSpan(sizeof(ulong)));
        File.WriteAllBytes(Path, file);
        Assert.Equal($"--mask: {Path}: not a whole safetensors file of float32 {reason}; {Right}", Refused());
    }

    [Theory]
    [InlineData(99_999_999UL)]
    [InlineData(ulong.MaxValue)]
    public void A_header_longer_than_its_file_is_never_made_room_for(ulong length)
    {
        byte[] file = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        File.WriteAllBytes(Path, file);
        Assert.Equal(
            $"--mask: {Path}: not a whole safetensors file of float32 (a header of {length} bytes in a file of 64); {Right}",
            Refused());
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        Write(("w1", [Inputs, 2], new float[12]), ("w2", [2], new float[2]));
        byte[] whole = File.ReadAllBytes(Path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            Assert.StartsWith($"--mask: {Path}: not a whole safetensors file of float32 (", Refused());
        }
    }

    [Fact]
    public void A_folder_or_nothing_in_place_of_a_file_is_told()
    {
        Assert.Equal($"--mask: {Path}: no such file or folder; it must be there", Refused());
        Directory.CreateDirectory(Path);
        Assert.Equal($"--mask: {Path}: a folder; a file with {Right}", Refused());
    }

    [Fact]
    public void Two_masks_whose_rows_would_look_the_same_are_refused()
    {
        Write(("w1", [Inputs, 1], new float[Inputs]), ("w2", [1], [1]));
        var error = Assert.Throws<UserErrorException>(() => MaskFile.ReadAll("--mask", [Path, Path], Inputs));
        Assert.StartsWith($"--mask: {Path} and {Path} have the same size and prune the same share of weights (0.8571)", error.Message);
    }

    private MaskFile Read() => MaskFile.Read("--mask", Path, Inputs);

    private string Refused()
    {
        var error = Assert.Throws<UserErrorException>(Read);
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        return error.Message;
    }

    private void Write(params (string Name, long[] Shape, float[] Values)[] tensors)
    {
        using FileStream stream = File.Create(Path);
        Safetensors.Write(stream, [.. tensors.Select(
            tensor => new TensorInfo(tensor.Name, tensor.Shape))], new Dictionary<string, string>(), data =>
        {
            foreach ((_, _, float[] values) in tensors)
                data.Write(MemoryMarshal.AsBytes<float>(values));
        });
    }
}
