using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// Corruptions by their definitions, in double and before the last rounding: grey levels 0..255 that need not be whole.
/// Random words are those of the kernels, what is made of them is not. Nothing but tests calls it.
/// </summary>
public static class ReferenceCorruption
{
    /// <param name="image">Row-major [rows, columns].</param>
    /// <param name="number">What the image's random numbers belong to.</param>
    public static double[] Apply(ReadOnlySpan<byte> image, int rows, int columns, int number, Corruption corruption)
    {
        byte[] source = image.ToArray();
        var result = new double[source.Length];
        double severity = corruption.Severity, mean = source.Average(pixel => pixel);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int pixel = (row * columns) + column;
                result[pixel] = Changed(pixel, row, column);
            }
        }
        return result;

        double Changed(int pixel, int row, int column) => corruption.Kind.Name switch
        {
            "gaussian" => Math.Clamp((source[pixel] / 255.0) + (severity * Normal(pixel, number, corruption)), 0, 1) * 255,
            "salt-pepper" => SaltPepper(source[pixel], Word(pixel, number, corruption) / 4294967296.0, severity),
            "occlusion" => Hidden(row, column) ? 0 : source[pixel],
            "blur" => Blur(source, rows, columns, row, column, severity),
            "rotation" => Rotate(row, column),
            "translation" => Translate(row, column),
            "contrast" => mean + ((1 - severity) * (source[pixel] - mean)),
            _ => throw new ArgumentException($"{corruption.Kind}: no reference", nameof(corruption)),
        };

        int Lot(int range, uint which) => (int)Philox.Below(
            (uint)range, which, (uint)number, BitConverter.SingleToUInt32Bits((float)severity), (uint)corruption.Kind.Key,
            RandomStreams.Corruption);

        bool Hidden(int row, int column)
        {
            int height = Math.Min((int)severity, rows), width = Math.Min((int)severity, columns);
            int down = row - Lot(rows - height + 1, 0), right = column - Lot(columns - width + 1, 1);
            return down >= 0 && down < height && right >= 0 && right < width;
        }

        double Rotate(int row, int column)
        {
            double angle = (Lot(2, 0) == 0 ? 1 : -1) * severity * Math.PI / 180;
            double v = row - ((rows - 1) / 2.0), u = column - ((columns - 1) / 2.0);
            double y = (v * Math.Cos(angle)) - (u * Math.Sin(angle)) + ((rows - 1) / 2.0);
            double x = (u * Math.Cos(angle)) + (v * Math.Sin(angle)) + ((columns - 1) / 2.0);
            int y0 = (int)Math.Floor(y), x0 = (int)Math.Floor(x);
            double below = y - y0, right = x - x0;
            return ((1 - below) * (((1 - right) * At(y0, x0)) + (right * At(y0, x0 + 1))))
                + (below * (((1 - right) * At(y0 + 1, x0)) + (right * At(y0 + 1, x0 + 1))));
        }

        double Translate(int row, int column)
        {
            int distance = (int)severity;
            return Lot(4, 0) switch
            {
                0 => At(row + distance, column),
                1 => At(row - distance, column),
                2 => At(row, column + distance),
                _ => At(row, column - distance),
            };
        }

        double At(int row, int column) => row >= 0 && row < rows && column >= 0 && column < columns ? source[(row * columns) + column] : 0;
    }

    private static double SaltPepper(byte pixel, double u, double share) => u >= share ? pixel : u < share / 2 ? 0 : 255;

    private static double Blur(byte[] source, int rows, int columns, int row, int column, double sigma)
    {
        int radius = (int)Math.Ceiling(3 * sigma);
        double sum = 0, weights = 0;
        for (int dy = -radius; dy <= radius; dy++)
        {
            for (int dx = -radius; dx <= radius; dx++)
            {
                double weight = sigma == 0 ? 1 : Math.Exp(-((dx * dx) + (dy * dy)) / (2 * sigma * sigma));
                sum += weight * source[(Math.Clamp(row + dy, 0, rows - 1) * columns) + Math.Clamp(column + dx, 0, columns - 1)];
                weights += weight;
            }
        }
        return sum / weights;
    }

    private static double Normal(int pixel, int number, Corruption corruption)
    {
        uint bits = Word(pixel, number, corruption);
        double z = GaussianTable.UpperQuantile(((bits & 0x7FFFFFFF) | 1) / 4294967296.0);
        return bits >> 31 != 0 ? -z : z;
    }

    private static uint Word(int pixel, int number, Corruption corruption)
    {
        var counter = new PhiloxBlock((uint)pixel / 4, (uint)number, BitConverter.SingleToUInt32Bits((float)corruption.Severity), 0);
        PhiloxBlock bits = Philox.Draw(counter, (uint)corruption.Kind.Key, RandomStreams.Corruption);
        return (pixel % 4) switch { 0 => bits.X, 1 => bits.Y, 2 => bits.Z, _ => bits.W };
    }

    /// <summary>
    /// How far a kernel may be from <see cref="Apply"/>, in grey levels: half a level for the last rounding, and what its fixed point
    /// leaves out.
    /// </summary>
    public static double Bound(Corruption corruption) => corruption.Kind.Name switch
    {
        // The table's error, and sigma to 2^-17 grey levels times the largest normal number.
        "gaussian" => 0.5 + (255 * corruption.Severity * GaussianTable.LargestError) + 1e-4,

        // Two axes, each with the error of its rounded weights.
        "blur" => 0.5 + (255 * 2 * WeightError(corruption.Severity)) + 1e-6,

        // Two axes, each place to 2^-12 pixel, and sine and cosine to 2^-21 times a coordinate.
        "rotation" => 0.5 + (255 * 2 * ((1.0 / (1 << 12)) + (256.0 * 2 / (1 << 21)))),
        // The share of the contrast to 2^-17.
        "contrast" => 0.5 + (255.0 / (1 << 17)) + 1e-9,
        _ => 0,
    };

    private static double WeightError(double sigma)
    {
        int[] rounded = CorruptTables.BlurWeights(sigma);
        double[] exact = [.. rounded.Select((_, d) => sigma == 0 ? 1 : Math.Exp(-d * d / (2 * sigma * sigma)))];
        double sum = exact[0] + (2 * exact.Skip(1).Sum());
        double error = rounded.Select((weight, d) => (d == 0 ? 1 : 2) * Math.Abs((weight / 4096.0) - (exact[d] / sum))).Sum();
        if (error >= 0.01)
            throw new InvalidOperationException($"weights of a blur of {sigma} pixels are off by {error}");
        return error;
    }
}
