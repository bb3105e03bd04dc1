namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>What is done to an image. The values are part of the random numbers' keys: never reuse one.</summary>
public enum CorruptionKind
{
    /// <summary>Normal noise on every pixel, clipped to 0..1. Severity: its standard deviation on the scale 0..1.</summary>
    Gaussian = 1,

    /// <summary>One square, wholly inside and anywhere by lot, set to 0. Severity: its side in pixels.</summary>
    Occlusion = 2,

    /// <summary>Pixels set to 0 or to 1, which of them by lot, with equal chances. Severity: their expected share, 0..1.</summary>
    SaltPepper = 3,

    /// <summary>Gaussian blur; beyond the border the border's pixels go on. Severity: its standard deviation in pixels.</summary>
    Blur = 4,

    /// <summary>Turned about the centre, clockwise or not by lot, bilinear; what comes in is 0. Severity: degrees.</summary>
    Rotation = 5,

    /// <summary>Moved up, down, left or right by lot; what comes in is 0. Severity: pixels.</summary>
    Translation = 6,
}

/// <summary>A corruption at one severity; 0 leaves images as they are.</summary>
/// <param name="Severity">In the unit of the kind; see <see cref="CorruptionKind"/> and <see cref="CorruptionRules"/>.</param>
public readonly record struct Corruption(CorruptionKind Kind, double Severity);

/// <summary>Which severities there are.</summary>
public static class CorruptionRules
{
    /// <summary>The largest severity of a kind; 0 is always the smallest.</summary>
    public static double Largest(CorruptionKind kind) => kind switch
    {
        CorruptionKind.Gaussian => 10,
        CorruptionKind.SaltPepper => 1,
        CorruptionKind.Blur => 10,
        CorruptionKind.Rotation => 180,
        _ => 256,
    };

    /// <summary>Squares and shifts are whole pixels.</summary>
    public static bool IsWhole(CorruptionKind kind) => kind is CorruptionKind.Occlusion or CorruptionKind.Translation;

    public static bool Allows(CorruptionKind kind, double severity) =>
        severity >= 0 && severity <= Largest(kind) && (!IsWhole(kind) || severity == Math.Floor(severity));
}
