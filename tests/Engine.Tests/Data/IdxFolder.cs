using System.Buffers.Binary;
using System.IO.Compression;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

/// <summary>A temporary folder, deleted with its content, and the bytes of IDX files to put into it.</summary>
internal sealed class IdxFolder : IDisposable
{
    public const string TrainImages = "train-images-idx3-ubyte", TrainLabels = "train-labels-idx1-ubyte";
    public const string TestImages = "t10k-images-idx3-ubyte", TestLabels = "t10k-labels-idx1-ubyte";

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("gpumlp-idx-").FullName;

    /// <summary>A sound data set: six images of 2x3 pixels in classes 0, 1, 2.</summary>
    public static IdxFolder Sound()
    {
        var folder = new IdxFolder();
        folder.Write(TrainImages, Images(6, 2, 3));
        folder.Write(TrainLabels, Labels(0, 1, 2, 0, 1, 2));
        return folder;
    }

    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(Directory, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Delete(string name) => File.Delete(Path.Combine(Directory, name));

    public UserErrorException LoadFault()
    {
        UserErrorException fault = Assert.Throws<UserErrorException>(() => DatasetLoader.Load(Directory));
        AssertUserError(fault);
        return fault;
    }

    public static void AssertUserError(UserErrorException fault)
    {
        Assert.Equal(ExitCodes.BadInput, fault.ExitCode);
        Assert.DoesNotContain(fault.Message, char.IsControl);
    }

    /// <summary>A sound file of images whose pixels count up from 0.</summary>
    public static byte[] Images(int count, int rows, int columns) =>
        Idx([0x803, (uint)count, (uint)rows, (uint)columns], Enumerable.Range(0, count * rows * columns).Select(i => (byte)i).ToArray());

    public static byte[] Labels(params byte[] labels) => Idx([0x801, (uint)labels.Length], labels);

    public static byte[] Idx(uint[] header, byte[] body)
    {
        var bytes = new byte[(4 * header.Length) + body.Length];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), header[i]);
        body.CopyTo(bytes.AsSpan(4 * header.Length));
        return bytes;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return zipped.ToArray();
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
