using System.IO.Compression;

namespace GpuMlp.Glyphs;

/// <summary>
/// <c>dotnet run -c Release --project tools/Glyphs</c> draws the characters of saliency pictures into <c>src/Runner/Fonts/glyphs.bin</c>:
/// after a change of the font, of <see cref="AtlasMaker"/> or of Skia's version.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        string path = args.Length > 0 ? args[0] : Path.Combine("src", "Runner", "Fonts", "glyphs.bin");
        byte[] content = AtlasMaker.Make();
        using (ZLibStream packed = new(File.Create(path), CompressionLevel.SmallestSize))
            packed.Write(content);
        Console.WriteLine($"{path}: {content.Length} bytes, packed {new FileInfo(path).Length}");
        return 0;
    }
}
