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
        double severity = corruption.Severity;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int pixel = (row * columns) + column;
                result[pixel] = corruption.Kind switch
                {
                    CorruptionKind.Gaussian => Math.Clamp((source[pixel] / 255.0) + (severity * Normal(pixel, number, corruption)), 0, 1) * 255,
                    CorruptionKind.SaltPepper => SaltPepper(source[pixel], Word(pixel, number, corruption) / 4294967296.0, severity),
                    CorruptionKind.Occlusion => Hidden(row, column) ? 0 : source[pixel],
                    CorruptionKind.Blur => Blur(source, rows, columns, row, column, severity),
                    CorruptionKind.Rotation => Rotate(row, column),
                    _ => Translate(row, column),
                };
            }
        }
        return result;

        int Lot(int range, uint which) => (int)Philox.Below(
            (uint)range, which, (uint)number, BitConverter.SingleToUInt32Bits((float)severity), (uint)corruption.Kind, RandomStreams.Corruption);

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
        PhiloxBlock bits = Philox.Draw(counter, (uint)corruption.Kind, RandomStreams.Corruption);
        return (pixel % 4) switch { 0 => bits.X, 1 => bits.Y, 2 => bits.Z, _ => bits.W };
    }
}
