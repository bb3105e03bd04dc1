namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// float32 arithmetic in which every operation is rounded once and none is fused unless it says so: sixteen lanes on a CPU
/// (<see cref="ILanes{TSelf}"/>), one number on a GPU (<see cref="Scalar"/>). A formula is written once over it and has the same
/// bits everywhere.
/// </summary>
internal interface IReal<TSelf>
    where TSelf : unmanaged, IReal<TSelf>
{
    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Subtract(TSelf a, TSelf b);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>The square root, correctly rounded; a is a normal number above 0.</summary>
    static abstract TSelf Sqrt(TSelf a);

    /// <summary>a * b + c with one rounding.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger one; NaN when either is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>
    /// a where it is above 0, else a zero (of either sign); NaN stays NaN. One instruction, where <see cref="Max"/>, which must
    /// look after NaN and signs on both sides, is several.
    /// </summary>
    static abstract TSelf Relu(TSelf a);

    static abstract TSelf Abs(TSelf a);

    /// <summary>Mask of a &gt; b; false for NaN.</summary>
    static abstract TSelf Greater(TSelf a, TSelf b);

    /// <summary>Mask of a &gt;= b; false for NaN.</summary>
    static abstract TSelf GreaterOrEqual(TSelf a, TSelf b);

    /// <summary>Where the mask is set <paramref name="whenSet"/>, elsewhere <paramref name="whenClear"/>.</summary>
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    /// <summary>2 to the power of an integral value in -126 .. 127, exact.</summary>
    static abstract TSelf PowerOfTwo(TSelf integral);

    /// <summary>The nearest integer, ties to even; |a| below 2^22.</summary>
    static abstract TSelf RoundToInteger(TSelf a);
}
