using System.Globalization;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Models;

/// <summary>
/// A task: tell class <paramref name="First"/> (label 0) from class <paramref name="Second"/> (label 1). Written <c>4v9</c>.
/// </summary>
public readonly record struct PairTask(int First, int Second)
{
    /// <summary>Names the task in random draws.</summary>
    internal uint Identity => ((uint)First << 8) | (uint)Second;

    public override string ToString() => $"{First}v{Second}";

    /// <summary>1 for an image of the second class, else 0.</summary>
    public byte LabelOf(byte imageClass) => imageClass == Second ? (byte)1 : (byte)0;

    /// <summary><c>4 (Coat) v 9 (Ankle boot)</c>, or <c>4v9</c> without names.</summary>
    public string In(ClassNames names) =>
        names.IsNamed(First) || names.IsNamed(Second) ? $"{names.Of(First)} v {names.Of(Second)}" : ToString();

    /// <summary>Reads <c>4v9</c>: two different classes 0..255.</summary>
    public static bool TryParse(string text, out PairTask task)
    {
        task = default;
        string[] parts = text.Split('v');
        if (parts.Length != 2
            || !byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte first)
            || !byte.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out byte second)
            || first == second)
        {
            return false;
        }

        task = new PairTask(first, second);
        return true;
    }
}
