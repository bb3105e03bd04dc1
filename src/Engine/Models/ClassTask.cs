using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Models;

/// <summary>
/// A task: tell two or more classes of a data set from each other. The label of a class is its place in the task, from 0; of a pair
/// label 1 is the positive class. Written <c>4v9</c>, <c>0v1v7</c>; with more than <see cref="MostWritten"/> classes those that follow
/// each other are written as ranges, <c>0-25v30</c>. Either way is read. Two tasks are equal when they have the same classes in the same
/// order.
/// </summary>
public sealed class ClassTask : IEquatable<ClassTask>
{
    /// <summary>Tasks of more classes are written with ranges.</summary>
    public const int MostWritten = 12;

    /// <summary>Longest text of a task that may be planned: names of files hold it beside other things.</summary>
    public const int LongestText = 100;

    // Titles have room for so many names of classes.
    private const int MostNamed = 3;

    // Shorter ranges are longer than what they stand for.
    private const int ShortestRange = 3;

    // Identities of pairs have 16 bits, those of larger sets this one and 30 more: they never meet.
    private const uint SetMark = 1u << 30;

    private readonly byte[] _classes;
    private readonly string _text;

    /// <param name="classes">Two or more different numbers 0..255, in the order of their labels.</param>
    /// <exception cref="ArgumentException">They are fewer, out of range, or one of them is there twice.</exception>
    public ClassTask(params ReadOnlySpan<int> classes)
    {
        _classes = new byte[classes.Length];
        for (int label = 0; label < classes.Length; label++)
        {
            if (classes[label] is < 0 or > byte.MaxValue || classes[..label].Contains(classes[label]))
                throw new ArgumentException($"class {classes[label]}; must be different numbers 0..255", nameof(classes));
            _classes[label] = (byte)classes[label];
        }

        if (_classes.Length < 2)
            throw new ArgumentException($"{_classes.Length} classes; must be two or more", nameof(classes));
        _text = Write();
        Identity = IsPair ? ((uint)_classes[0] << 8) | _classes[1]
            : SetMark | (BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(_classes)) & (SetMark - 1));
    }

    /// <summary>K, at least 2.</summary>
    public int Count => _classes.Length;

    /// <summary>Class numbers by label.</summary>
    public IReadOnlyList<byte> Classes => _classes;

    public bool IsPair => Count == 2;

    /// <summary>
    /// Names the task in random draws: of a pair the two classes, below 2^16; of more classes bit 30 and 30 bits of the SHA-256 of their
    /// numbers in order. Bit 31 is free.
    /// </summary>
    internal uint Identity { get; }

    public override string ToString() => _text;

    public bool Has(byte imageClass) => _classes.AsSpan().Contains(imageClass);

    /// <summary>The place of the class in the task; 0 for an image of another class.</summary>
    public byte LabelOf(byte imageClass) => (byte)Math.Max(0, _classes.AsSpan().IndexOf(imageClass));

    /// <summary><c>4 (Coat) v 9 (Ankle boot)</c>, or <c>4v9</c> without names and for many classes.</summary>
    public string In(ClassNames names) => Count <= MostNamed && _classes.Any(one => names.IsNamed(one))
        ? string.Join(" v ", _classes.Select(one => names.Of(one)))
        : ToString();

    public static bool operator ==(ClassTask? one, ClassTask? other) => one is null ? other is null : one.Equals(other);

    public static bool operator !=(ClassTask? one, ClassTask? other) => !(one == other);

    public bool Equals(ClassTask? other) => other is not null && _classes.AsSpan().SequenceEqual(other._classes);

    public override bool Equals(object? obj) => Equals(obj as ClassTask);

    public override int GetHashCode() => (int)Identity;

    /// <summary>Reads <c>4v9</c>, <c>0v1v7</c>, <c>0-9</c>, <c>0-9v12</c>: two or more different classes 0..255; a range ascends.</summary>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ClassTask? task)
    {
        task = null;
        List<int> classes = [];
        foreach (string part in text.Split('v'))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryClass(ends[0], out int first) || !TryClass(ends[^1], out int last)
                || (ends.Length == 2 && first >= last))
            {
                return false;
            }

            for (int one = first; one <= last; one++)
            {
                if (classes.Contains(one))
                    return false;
                classes.Add(one);
            }
        }

        if (classes.Count < 2)
            return false;
        task = new ClassTask([.. classes]);
        return true;
    }

    private static bool TryClass(string text, out int number)
    {
        bool isClass = byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte read);
        number = read;
        return isClass;
    }

    private string Write()
    {
        if (Count <= MostWritten)
            return string.Join('v', _classes);
        List<string> parts = [];
        for (int first = 0; first < Count;)
        {
            int end = first + 1;
            while (end < Count && _classes[end] == _classes[end - 1] + 1)
                end++;
            if (end - first < ShortestRange)
                end = first + 1;
            parts.Add(end - first > 1 ? $"{_classes[first]}-{_classes[end - 1]}" : $"{_classes[first]}");
            first = end;
        }

        return string.Join('v', parts);
    }
}
