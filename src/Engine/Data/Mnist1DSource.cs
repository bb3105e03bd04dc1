using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Engine.Data;

/// <summary>
/// <c>mnist-1d</c>: 5,000 signals of 40 positions in ten classes, made anew at each load and the same bytes everywhere. Each is the curve
/// of its class, stretched, scaled, shifted to a random place, tilted and covered by noise that neighbours share. A position of it
/// by itself says little.
/// </summary>
/// <remarks>
/// The idea and the order of steps are those of Greydanus, "Scaling down deep learning" (arXiv:2011.14439, 2020); curves, constants and
/// random numbers are not. Figures on these data are no figures on the published MNIST-1D. Integer arithmetic throughout: a value is a
/// whole number of 65,536ths, and every draw a Philox draw keyed by what it is for, the example and the position.
/// </remarks>
internal sealed class Mnist1DSource : DataSource
{
    public const int Positions = 40, TrainExamples = 4000, TestExamples = 1000, Classes = 10;

    private const int One = 1 << 16;

    // The key of all draws: part of the data, never to be changed.
    private const uint Seed = 1;

    // What a draw is for; likewise.
    private const uint Padding = 0, Scale = 1, Shift = 2, Tilt = 3, SharedNoise = 4, OwnNoise = 5;

    // Points that are added to the curve, from and to: the more, the narrower it becomes.
    private const int LeastPadding = 36, MostPadding = 60;

    // Positions: no more than half way round the circle.
    private const int MostShift = 20;

    // In 65,536ths: factors 0.8 to 1.2, and the difference of the ends -0.75 to 0.75.
    private const int LeastScale = One * 8 / 10, MostScale = One * 12 / 10, MostTilt = One * 3 / 4;

    // In 64ths and 2048ths of what is drawn: standard deviations of 0.25 and 0.02.
    private const int SharedNoiseIn64ths = 45, OwnNoiseIn2048ths = 50;

    // Levels from 0 to 255 are values from -3.2 to just below 3.2.
    private const int Middle = 128, LevelsPerOne = 40;

    // A curve a class, in sixteenths; between and behind its points it goes straight, and from the last one on it is 0.
    private static readonly int[][] s_curves =
    [
        [0, 9, 14, 17, 18, 18, 18, 18, 17, 14, 9, 0],
        [0, -24, -24, -18, -12, -6, 0, 6, 12, 18, 6, 0],
        [0, 14, 20, 20, 14, 2, -10, -18, -22, -20, -10, 0],
        [0, 12, 18, 12, 3, 0, 3, 12, 18, 12, 4, 0],
        [0, -6, -12, -16, -16, -14, 10, 20, 10, -4, -2, 0],
        [0, -10, -20, -22, -18, -10, 2, 14, 20, 20, 14, 0],
        [0, 20, 8, -4, -14, -18, -14, -2, 10, 8, 2, 0],
        [0, 16, 16, 16, 14, 8, 0, -8, -14, -18, -20, 0],
        [0, 14, 0, -14, -14, 0, 14, 14, 0, -14, -6, 0],
        [0, 8, 16, 20, 16, 4, -2, -4, -6, -8, -4, 0],
    ];

    public override string Name => "mnist-1d";

    public override Dataset Load(DataRequest request)
    {
        (byte[] signals, byte[] labels) = Make(0, TrainExamples);
        (byte[] testSignals, byte[] testLabels) = Make(TrainExamples, TestExamples);
        return Dataset.Of(Name, signals, labels, 1, Positions, Classes) with
        {
            Form = DataForm.Signal,
            Test = TestSet.Of(testSignals, testLabels),
        };
    }

    /// <summary>Examples from a number on; that of number n is of class n modulo 10.</summary>
    private static (byte[] Signals, byte[] Labels) Make(int first, int count)
    {
        byte[] signals = new byte[count * Positions], labels = new byte[count];
        for (int n = 0; n < count; n++)
        {
            labels[n] = (byte)((first + n) % Classes);
            Draw((uint)(first + n), s_curves[labels[n]], signals.AsSpan(n * Positions, Positions));
        }

        return (signals, labels);
    }

    private static void Draw(uint example, int[] curve, Span<byte> levels)
    {
        int points = curve.Length + Between(LeastPadding, MostPadding, example, Padding);
        int scale = Between(LeastScale, MostScale, example, Scale), shift = Between(0, MostShift, example, Shift);
        int tilt = Between(-MostTilt, MostTilt, example, Tilt);
        Span<int> values = stackalloc int[Positions], noise = stackalloc int[Positions], next = stackalloc int[Positions];
        for (int i = 0; i < Positions; i++)
        {
            // The whole of the padded curve lies over all positions.
            long at = (long)i * (points - 1) * One / (Positions - 1);
            int point = (int)(at / One), within = (int)(at % One);
            int here = Point(curve, point), there = Point(curve, point + 1);
            long value = ((long)here * (One - within)) + ((long)there * within);
            values[(i + shift) % Positions] = (int)(value / 16 * scale / One);
            noise[i] = Noise(example, SharedNoise, i);
        }

        // Binomial weights (1, 4, 6, 4, 1) / 16, twice: neighbours share most of it, as round a circle.
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < Positions; i++)
            {
                int near = noise[(i + Positions - 1) % Positions] + noise[(i + 1) % Positions];
                int far = noise[(i + Positions - 2) % Positions] + noise[(i + 2) % Positions];
                next[i] = (far + (4 * near) + (6 * noise[i])) / 16;
            }

            next.CopyTo(noise);
        }

        for (int i = 0; i < Positions; i++)
        {
            int value = values[i] + (noise[i] * SharedNoiseIn64ths / 64) + (Noise(example, OwnNoise, i) * OwnNoiseIn2048ths / 2048)
                + (int)((long)tilt * ((2 * i) - (Positions - 1)) / (2 * (Positions - 1)));
            levels[i] = (byte)Math.Clamp(Middle + (((value * LevelsPerOne) + (One / 2)) >> 16), 0, 255);
        }
    }

    private static int Point(int[] curve, int point) => point < curve.Length ? curve[point] : 0;

    private static int Between(int least, int most, uint example, uint what) =>
        least + (int)Philox.Below((uint)(most - least + 1), 0, example, what, Seed, RandomStreams.MadeData);

    /// <summary>Eight uniform numbers added, which is nearly normal: mean 0, standard deviation 0.816 in 65,536ths.</summary>
    private static int Noise(uint example, uint what, int position)
    {
        PhiloxBlock bits = Philox.Draw(new PhiloxBlock((uint)position, example, what, 0), Seed, RandomStreams.MadeData);
        return Halves(bits.X) + Halves(bits.Y) + Halves(bits.Z) + Halves(bits.W) - (4 * One);

        static int Halves(uint word) => (int)(word >> 16) + (int)(word & 0xFFFF);
    }
}
