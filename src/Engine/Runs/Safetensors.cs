using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Runs;

/// <summary>A float32 tensor of a safetensors file.</summary>
/// <param name="Shape">Row-major, each extent at least 0.</param>
public sealed record TensorInfo(string Name, IReadOnlyList<long> Shape)
{
    public long Bytes => Shape.Aggregate((long)sizeof(float), (bytes, extent) => checked(bytes * extent));
}

/// <summary>
/// Files in the safetensors format (https://huggingface.co/docs/safetensors): a length (u64, little endian), a JSON header,
/// the data without gaps. The header's keys are sorted and blanks pad it to a multiple of 8 bytes. float32 only.
/// </summary>
public sealed class Safetensors : IDisposable
{
    // The limit of the reference reader.
    private const int MaxHeader = 100_000_000;
    private const string MetadataKey = "__metadata__";
    private const string Type = "F32";

    private readonly FileStream _stream;
    private readonly Dictionary<string, (TensorInfo Info, long Offset)> _tensors;

    private Safetensors(FileStream stream, Dictionary<string, (TensorInfo, long)> tensors, Dictionary<string, string> metadata)
    {
        _stream = stream;
        _tensors = tensors;
        Metadata = metadata;
    }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<TensorInfo> Tensors =>
        [.. _tensors.Values.Select(tensor => tensor.Info).OrderBy(info => info.Name, StringComparer.Ordinal)];

    /// <summary>Writes a file to a stream.</summary>
    /// <param name="tensors">In the order in which <paramref name="writeData"/> writes their values; names are unique.</param>
    /// <param name="writeData">Writes all values, float32 little endian, nothing between them.</param>
    /// <exception cref="InvalidDataException"><paramref name="writeData"/> wrote another number of bytes than the shapes say.</exception>
    public static void Write(
        Stream stream, IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata, Action<Stream> writeData)
    {
        byte[] header = Header(tensors, metadata);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        long start = stream.Position;
        writeData(stream);
        long expected = tensors.Sum(tensor => tensor.Bytes);
        if (stream.Position - start != expected)
        {
            throw new InvalidDataException($"{stream.Position - start} bytes of tensor data, {expected} expected");
        }
    }

    /// <summary>Opens a file; values are read when asked for.</summary>
    /// <param name="remedy">What to do about a file that is not in the format.</param>
    /// <exception cref="UserErrorException">There is no such file, or it is not in the format.</exception>
    public static Safetensors Open(string path, string remedy = "make it again with merge") => Open(path, remedy, RegularFile.Open);

    /// <summary>Opens weights of a merged run, which must be those that its merge wrote.</summary>
    /// <exception cref="UserErrorException">See <see cref="RunManifest.Open"/>.</exception>
    public static Safetensors Open(RunDirectory run, string path) =>
        Open(path, $"`gpumlp merge {Quoting.Bash(run.Path)}` makes it again", run.Manifest.Open);

    private static Safetensors Open(string path, string remedy, Func<string, FileStream> open)
    {
        FileStream? stream = null;
        try
        {
            stream = open(path);
            return Parse(stream);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or InvalidDataException or EndOfStreamException or OverflowException or ArgumentException)
        {
            // The runtime's words for bad JSON would say where in it, not what is wrong with the file.
            string reason = e switch
            {
                InvalidDataException => $" ({OneLine.Of(e.Message)})",
                EndOfStreamException => " (it ends within its header)",
                _ => " (its header is not one)",
            };
            stream?.Dispose();
            throw new UserErrorException($"{path}: not a whole safetensors file of float32{reason}; {remedy}", inner: e);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            stream?.Dispose();
            throw StorageErrors.MapRead(e, path);
        }
    }

    /// <summary>The values of one tensor, row-major.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of that name.</exception>
    public float[] Read(string name)
    {
        (TensorInfo info, long offset) = _tensors[name];
        float[] values = new float[info.Bytes / sizeof(float)];
        _stream.Position = offset;
        _stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] Header(IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        SortedDictionary<string, (TensorInfo Info, long Begin)> sorted = new(StringComparer.Ordinal);
        long end = 0;
        foreach (TensorInfo tensor in tensors)
        {
            sorted.Add(tensor.Name, (tensor, end));
            end += tensor.Bytes;
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(MetadataKey);
            foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
            foreach ((string name, (TensorInfo info, long begin)) in sorted)
            {
                writer.WriteStartObject(name);
                writer.WriteString("dtype", Type);
                WriteNumbers(writer, "shape", info.Shape);
                WriteNumbers(writer, "data_offsets", [begin, begin + info.Bytes]);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        while (stream.Length % 8 != 0)
        {
            stream.WriteByte((byte)' ');
        }

        return stream.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, IReadOnlyList<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (long number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }

    private static Safetensors Parse(FileStream stream)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        stream.ReadExactly(length);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerLength > MaxHeader || (long)headerLength > stream.Length - sizeof(ulong))
        {
            throw new InvalidDataException($"a header of {headerLength} bytes in a file of {stream.Length}");
        }

        byte[] header = new byte[headerLength];
        stream.ReadExactly(header);
        long dataStart = sizeof(ulong) + header.Length;
        Dictionary<string, (TensorInfo, long)> tensors = [];
        Dictionary<string, string> metadata = [];
        using JsonDocument document = JsonDocument.Parse(header);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Name == MetadataKey)
            {
                metadata = property.Value.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString() ?? "");
                continue;
            }

            TensorInfo info = new(
                property.Name,
                [.. property.Value.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())]);
            long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
            string? type = property.Value.GetProperty("dtype").GetString();
            if (type != Type)
            {
                throw new InvalidDataException($"tensor {property.Name} is of type {type}; must be {Type}");
            }

            bool good = info.Shape.All(extent => extent >= 0)
                && offsets is [>= 0, _]
                && offsets[1] - offsets[0] == info.Bytes
                && offsets[1] <= stream.Length - dataStart;
            if (!good)
            {
                throw new InvalidDataException(
                    $"tensor {property.Name} has not the place of {string.Join(" x ", info.Shape)} numbers in it");
            }

            tensors.Add(property.Name, (info, dataStart + offsets[0]));
        }

        return new Safetensors(stream, tensors, metadata);
    }
}
