using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>The memory of one embedding on a device: 8 N^2 bytes and a little more.</summary>
public sealed class EmbeddingBuffer : IDisposable
{
    /// <summary>Standard deviation of the initial places: small, so that the first forces decide (van der Maaten's code).</summary>
    public const float InitialSpread = 1e-4f;

    private readonly ComputeDevice _device;
    private readonly DeviceArray<float> _features, _conditional, _joint, _precisions, _places, _forces, _motion;
    private readonly DeviceArray<double> _divergence;

    /// <param name="device">Where.</param>
    /// <param name="features">Row-major [N, H], finite; at least two points.</param>
    /// <param name="hidden">H.</param>
    /// <exception cref="ArgumentException">Not [N, H], fewer than two points, or N^2 above 2^31.</exception>
    public EmbeddingBuffer(ComputeDevice device, ReadOnlySpan<float> features, int hidden)
    {
        if (hidden < 1 || features.Length % hidden != 0 || features.Length / hidden < 2)
            throw new ArgumentException($"{features.Length} values are not at least two points of {hidden} features", nameof(features));
        _device = device;
        Points = features.Length / hidden;
        Hidden = hidden;
        Stride = (Points + LaneMask.Lanes - 1) / LaneMask.Lanes * LaneMask.Lanes;
        long pairs = (long)Points * Stride;
        if (pairs > int.MaxValue)
            throw new ArgumentException($"{Points} points have {pairs} pairs; 2^31 - 1 are the most", nameof(features));
        DeviceArray<float> Floats(long length) => device.Zeroed<float>(length);
        _features = Floats((long)hidden * Stride);
        (_conditional, _joint) = (Floats(pairs), Floats(pairs));
        (_precisions, _places, _forces, _motion) = (Floats(Points), Floats(2 * Stride), Floats(5 * Stride), Floats(4 * Stride));
        _divergence = device.Zeroed<double>(Points);
        Upload(features);
    }

    /// <summary>N.</summary>
    public int Points { get; }

    /// <summary>H.</summary>
    public int Hidden { get; }

    internal int Stride { get; }

    internal ComputeDevice Device => _device;

    internal TsneViews Views => new()
    {
        Features = _features.View,
        Conditional = _conditional.View,
        Joint = _joint.View,
        Precisions = _precisions.View,
        Places = _places.View,
        Forces = _forces.View,
        Motion = _motion.View,
        Divergence = _divergence.View,
    };

    /// <summary>
    /// Puts every point at its start, a normal number with a spread of <see cref="InitialSpread"/> for x and for y that
    /// belongs to (seed, identity, name of the point), at rest.
    /// </summary>
    /// <param name="names">One a point: the same image starts at the same place in every embedding.</param>
    /// <exception cref="ArgumentException">Not one name a point.</exception>
    public void Scatter(ReadOnlySpan<int> names, uint identity, uint seed)
    {
        if (names.Length != Points)
            throw new ArgumentException($"{names.Length} names for {Points} points", nameof(names));
        var places = new float[2 * Stride];
        for (int i = 0; i < Points; i++)
        {
            PhiloxBlock bits = Philox.Draw(new PhiloxBlock((uint)names[i], identity, 0, 0), seed, RandomStreams.Embedding);
            places[i] = (float)(InitialSpread * Normal(bits.X));
            places[Stride + i] = (float)(InitialSpread * Normal(bits.Y));
        }
        SetPlaces(places);
    }

    /// <summary>x and y of every point.</summary>
    public (float[] X, float[] Y) DownloadPlaces()
    {
        float[] places = _places.ToArray();
        return (places[..Points], places[Stride..(Stride + Points)]);
    }

    /// <summary>[2, stride]; velocities become 0 and gains 1.</summary>
    internal void SetPlaces(float[] places)
    {
        _places.CopyFrom(places);
        var motion = new float[4 * Stride];
        motion.AsSpan(2 * Stride).Fill(1);
        _motion.CopyFrom(motion);
    }

    public void Dispose()
    {
        foreach (IDisposable buffer in new IDisposable[] {
            _features,
            _conditional,
            _joint,
            _precisions,
            _places,
            _forces,
            _motion,
            _divergence })
        {
            buffer.Dispose();
        }
    }

    // Top bit: sign; the others: probability of the tail. Basic operations and a root, so the same bits everywhere.
    private static double Normal(uint bits)
    {
        double z = GaussianTable.UpperQuantile(((bits & 0x7FFFFFFF) | 1) / 4294967296.0);
        return bits >> 31 != 0 ? -z : z;
    }

    // Divided by the largest magnitude, as van der Maaten's code does: the search for a precision starts at 1.
    private void Upload(ReadOnlySpan<float> features)
    {
        float largest = 0;
        foreach (float value in features)
            largest = Math.Max(largest, Math.Abs(value));
        float scale = largest > 0 ? 1 / largest : 1;
        var columns = new float[Hidden * Stride];
        for (int i = 0; i < Points; i++)
        {
            for (int h = 0; h < Hidden; h++)
                columns[(h * Stride) + i] = features[(i * Hidden) + h] * scale;
        }
        _features.CopyFrom(columns);
    }
}
