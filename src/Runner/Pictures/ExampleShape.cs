using GpuMlp.Engine.Data;

namespace GpuMlp.Runner.Pictures;

/// <summary>
/// The pixels that an example is drawn in. A picture has its own. A short row of values is a strip, a quarter as high as it is wide; a long
/// one is folded into a square, line by line.
/// </summary>
/// <param name="Rows">Height in pixels.</param>
/// <param name="Columns">Width in pixels.</param>
internal sealed record ExampleShape(int Rows, int Columns)
{
    // A strip of more values is wider than any tile should be.
    private const int LongestStrip = 128;

    private bool IsStrip { get; init; }

    public static ExampleShape Of(Dataset data)
    {
        if (data.Form == DataForm.Picture)
            return new(data.Rows, data.Columns);
        int side = (int)Math.Ceiling(Math.Sqrt(data.Inputs));
        return data.Inputs <= LongestStrip
            ? new((data.Inputs + 3) / 4, data.Inputs) { IsStrip = true }
            : new((data.Inputs + side - 1) / side, side);
    }

    /// <summary>Grey levels of an example, row-major; black behind the last one.</summary>
    public byte[] Arrange(byte[] levels) => Arrange(levels, (byte)0);

    /// <summary>A map of an example; not a number behind the last value.</summary>
    public float[] Arrange(float[] map) => Arrange(map, float.NaN);

    private T[] Arrange<T>(T[] values, T behind)
    {
        if (values.Length == Rows * Columns)
            return values;
        T[] arranged = new T[Rows * Columns];
        for (int i = 0; i < arranged.Length; i++)
            arranged[i] = IsStrip ? values[i % Columns] : i < values.Length ? values[i] : behind;
        return arranged;
    }
}
