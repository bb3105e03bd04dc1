using System.Buffers.Binary;
using System.Security.Cryptography;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A temporary folder with small data sets and runs in it; deleted with its content.</summary>
internal sealed class Workplace : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("gpumlp-e2e ü ").FullName;

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Images of noise, each class brighter in another place; the same bytes each time.</summary>
    /// <returns>The folder for <c>--data</c>.</returns>
    public string Data(string name = "data", int classes = 3, int each = 30, int rows = 5, int columns = 4)
    {
        string folder = Directory.CreateDirectory(this[name]).FullName;
        int count = classes * each, pixels = rows * columns;
        byte[] images = new byte[count * pixels], labels = new byte[count];
        var random = new Random(7);
        random.NextBytes(images);
        for (int image = 0; image < count; image++)
        {
            labels[image] = (byte)(image % classes);
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                int at = (image * pixels) + pixel;
                images[at] = (byte)(pixel % classes == labels[image] || pixels == 1
                    ? 100 + (images[at] / 4) + (30 * labels[image])
                    : images[at] / 8);
            }
        }

        File.WriteAllBytes(Path.Combine(folder, "train-images-idx3-ubyte"), Idx([0x803, count, rows, columns], images));
        File.WriteAllBytes(Path.Combine(folder, "train-labels-idx1-ubyte"), Idx([0x801, count], labels));
        return folder;
    }

    /// <summary>All files of a run but run.json and report.html, which tell when and where: relative path and SHA-256.</summary>
    public static SortedDictionary<string, string> FilesOf(string run) => new(
        Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is not ("run.json" or "report.html"))
            .ToDictionary(file => Path.GetRelativePath(run, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))),
        StringComparer.Ordinal);

    /// <summary>A table of a run, every row by the names of its columns.</summary>
    public static Dictionary<string, string>[] Rows(string run, string table)
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(run, $"{table}.csv")).Select(line => line.Split(','))];
        return [.. lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    public static int UnitsIn(string run)
    {
        string units = Path.Combine(run, "units");
        return Directory.Exists(units) ? Directory.GetFiles(units, "unit-*.parquet", SearchOption.AllDirectories).Length : 0;
    }

    public static byte[] Idx(int[] header, byte[] body)
    {
        byte[] bytes = new byte[(4 * header.Length) + body.Length];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), header[i]);
        body.CopyTo(bytes.AsSpan(4 * header.Length));
        return bytes;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
