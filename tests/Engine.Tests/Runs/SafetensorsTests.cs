using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using GpuMlp.Engine.Runs;

namespace GpuMlp.Engine.Tests.Runs;

public sealed class SafetensorsTests
{
    private static readonly float[] s_b = [1, -2, float.NaN, 4, 5, 6];
    private static readonly float[] s_a = [7.5f];

    [Fact]
    public void Values_shapes_and_metadata_return()
    {
        using TemporaryFolder folder = new();
        Write(folder.File("f"));
        using Safetensors file = Safetensors.Open(folder.File("f"));
        Assert.Equal(["a", "b"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2, 3], file.Tensors[1].Shape);
        Assert.Equal(s_b, file.Read("b"));
        Assert.Equal(s_a, file.Read("a"));
        Assert.Equal("value \"quoted\"", file.Metadata["key"]);
    }

    [Fact]
    public void The_header_is_sorted_JSON_and_aligned_to_8_bytes()
    {
        using TemporaryFolder folder = new();
        Write(folder.File("f"));
        byte[] bytes = File.ReadAllBytes(folder.File("f"));
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, length));
        Assert.Equal(["__metadata__", "a", "b"], header.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal("""{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}""", header.RootElement.GetProperty("b").GetRawText());
        Assert.Equal(8 + length + 28, bytes.Length);
    }

    [Fact]
    public void A_file_cut_off_or_of_nonsense_is_refused_in_one_line()
    {
        using TemporaryFolder folder = new();
        Write(folder.File("f"));
        byte[] whole = File.ReadAllBytes(folder.File("f"));
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(folder.File("g"), whole[..length]);
            UserErrorException e = Assert.Throws<UserErrorException>(() => Safetensors.Open(folder.File("g")));
            Assert.StartsWith(folder.File("g"), e.Message);
        }

        File.WriteAllBytes(folder.File("g"), [.. Enumerable.Repeat((byte)0xFF, 64)]);
        Assert.Throws<UserErrorException>(() => Safetensors.Open(folder.File("g")));
    }

    [Fact]
    public void Data_of_another_size_than_the_shapes_is_refused() => Assert.Throws<InvalidDataException>(() =>
        Safetensors.Write(new MemoryStream(), [new TensorInfo("a", [2])], new Dictionary<string, string>(), stream => stream.WriteByte(0)));

    private static void Write(string path)
    {
        using FileStream stream = File.Create(path);
        Safetensors.Write(
            stream,
            [new TensorInfo("b", [2, 3]), new TensorInfo("a", [1])],
            new Dictionary<string, string> { ["key"] = "value \"quoted\"" },
            data =>
            {
                data.Write(MemoryMarshal.AsBytes<float>(s_b));
                data.Write(MemoryMarshal.AsBytes<float>(s_a));
            });
    }
}
