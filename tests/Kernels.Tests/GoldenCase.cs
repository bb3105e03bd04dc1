using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Tests;

/// <summary>A golden file and the images that it was made from; see Golden/README.md.</summary>
internal sealed class GoldenCase
{
    public const int Inputs = 784;

    private readonly int[] _fileRows;

    private GoldenCase(JsonElement root)
    {
        Rate = root.GetProperty("lr").GetDouble();
        int steps = root.GetProperty("steps").GetInt32(), images = root.GetProperty("firstImages").GetInt32();
        JsonElement batch = root.GetProperty("batch");
        int size = batch.ValueKind == JsonValueKind.String ? images : batch.GetInt32();
        Batches = [.. Enumerable.Range(0, steps).Select(k => k * size % images).Select(first => (first, Math.Min(size, images - first)))];
        Models = [.. root.GetProperty("models").EnumerateArray().Select(model => new GoldenModel(model))];
        int[] pair = [.. root.GetProperty("pair").EnumerateArray().Select(digit => digit.GetInt32())];
        (Pixels, Labels, _fileRows) = ReadMnist(pair[0], pair[1], images);
    }

    public static string[] Names { get; } = ["full-batch-4v9", "mini-batch-0v1"];

    public double Rate { get; }

    /// <summary>First row and rows of each step.</summary>
    public (int First, int Rows)[] Batches { get; }

    public GoldenModel[] Models { get; }

    public byte[] Pixels { get; }

    public byte[] Labels { get; }

    public static GoldenCase Load(string name)
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", name + ".json")));
        return new GoldenCase(document.RootElement);
    }

    /// <summary>The row of an image that the file names by its place among all training images.</summary>
    public int Row(int fileRow) => Array.IndexOf(_fileRows, fileRow);

    /// <summary>The schedule that goes through one step's batch and no more.</summary>
    public ChunkSchedule Step(int step) => ChunkSchedule.FromBatches([Batches[step]]);

    /// <summary>The first MNIST training images in the order of the file, of all digits: pixels [N, D], labels 0 .. 9.</summary>
    public static (byte[] Pixels, byte[] Labels) ReadDigits(int images) => (
        Unzip("train-images-idx3-ubyte.gz")[16..(16 + (images * Inputs))], Unzip("train-labels-idx1-ubyte.gz")[8..(8 + images)]);

    // IDX: a magic number and one big-endian size a dimension, then bytes.
    private static (byte[] Pixels, byte[] Labels, int[] FileRows) ReadMnist(int first, int second, int images)
    {
        byte[] allLabels = Unzip("train-labels-idx1-ubyte.gz"), allPixels = Unzip("train-images-idx3-ubyte.gz");
        if (BinaryPrimitives.ReadInt32BigEndian(allLabels) != 2049 || BinaryPrimitives.ReadInt32BigEndian(allPixels) != 2051)
            throw new InvalidDataException("not the MNIST training files");
        int[] chosen = [.. Enumerable.Range(0, allLabels.Length - 8).Where(i => allLabels[8 + i] == first || allLabels[8 + i] == second)
            .Take(images)];
        byte[] pixels = [.. chosen.SelectMany(i => new ArraySegment<byte>(allPixels, 16 + (i * Inputs), Inputs))];
        return (pixels, [.. chosen.Select(i => allLabels[8 + i] == second ? (byte)1 : (byte)0)], chosen);
    }

    private static byte[] Unzip(string name)
    {
        using var gzip = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "mnist", name)), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }
}

/// <summary>One model of a golden file. Biases start at 0.</summary>
internal sealed class GoldenModel
{
    public GoldenModel(JsonElement model)
    {
        Hidden = model.GetProperty("hidden").GetInt32();
        JsonElement initial = model.GetProperty("init");
        Initial = new ModelParameters(
            Array.ConvertAll(Doubles(initial, "w1"), w => (float)w), new float[Hidden],
            Array.ConvertAll(Doubles(initial, "w2"), w => (float)w), [0]);
        FirstGradient = Tensors(model.GetProperty("firstGradient"));
        Losses = Doubles(model, "losses");
        Final = Tensors(model.GetProperty("final"));
        Probabilities = Doubles(model, "probabilities");
        Accuracy = model.GetProperty("accuracy").GetDouble();
        JsonElement pruned = model.GetProperty("pruned95");
        Pruned = (pruned.GetProperty("zeroW1").GetInt32(), pruned.GetProperty("zeroW2").GetInt32(), Doubles(pruned, "probabilities"));
        Maps = [.. model.GetProperty("saliency").EnumerateArray().Select(map => (
            map.GetProperty("image").GetInt32(), Doubles(map, "gradient"), Doubles(map, "perturbation")))];
    }

    public int Hidden { get; }

    public ModelParameters Initial { get; }

    public double[] Losses { get; }

    public double[] Probabilities { get; }

    public double Accuracy { get; }

    public (string Name, double[] Values)[] FirstGradient { get; }

    public (string Name, double[] Values)[] Final { get; }

    /// <summary>After pruning 95 % of each layer: zeros, and probabilities of the first images.</summary>
    public (int ZeroW1, int ZeroW2, double[] Probabilities) Pruned { get; }

    public (int Image, double[] Gradient, double[] Perturbation)[] Maps { get; }

    private static (string, double[])[] Tensors(JsonElement parent) =>
    [
        ("W1", Doubles(parent, "w1")),
        ("b1", Doubles(parent, "b1")),
        ("w2", Doubles(parent, "w2")),
        ("b2", [parent.GetProperty("b2").GetDouble()]),
    ];

    private static double[] Doubles(JsonElement parent, string name) =>
        [.. parent.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
}
