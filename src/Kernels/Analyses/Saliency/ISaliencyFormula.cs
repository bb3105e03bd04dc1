using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// What a map shows, a type argument of the kernels: map[i] = <see cref="Finish"/>(sum over the hidden units, ascending, of
/// <see cref="Add"/>(unit, W1[i, unit])), times the pixel or not. One text for sixteen lanes of a CPU and the scalars of a GPU, with the
/// same bits.
/// </summary>
internal interface ISaliencyFormula
{
    /// <summary>In flags, files and tables.</summary>
    static abstract string Name { get; }

    /// <summary>For people: what a pixel of the map is.</summary>
    static abstract string Words { get; }

    /// <summary>Whether a map has both signs.</summary>
    static virtual bool IsSigned => true;

    /// <summary>Whether people are offered it in flags.</summary>
    static virtual bool IsOffered => true;

    /// <summary>Whether <see cref="Add"/> is a fused sum of products, of which those with a unit of 0 can be left out.</summary>
    static abstract bool IsSumOfProducts { get; }

    /// <summary>
    /// Whether each unit counts its w2 where Z is above 0, and <see cref="Finish"/> multiplies: then weights that are 0 can be left out.
    /// </summary>
    static abstract bool IsGradient { get; }

    /// <summary>Whether <see cref="Unit"/> asks for the scale of its column, 1 / (sigma |W1[:, h]|).</summary>
    static abstract bool UsesScales { get; }

    /// <summary>Whether <see cref="Finish"/> does anything.</summary>
    static abstract bool UsesLogit { get; }

    /// <summary>Whether the map is multiplied by the image, pixel by pixel.</summary>
    static abstract bool TimesPixels { get; }

    /// <summary>What a unit counts in all pixels of a map.</summary>
    /// <param name="z">Before relu.</param>
    /// <param name="scale">See <see cref="UsesScales"/>; else 0.</param>
    static abstract T Unit<T>(T z, T w2, T b1, T scale)
        where T : unmanaged, IReal<T>;

    /// <summary>The sum with one unit more.</summary>
    /// <param name="w1">Of the pixel and the unit.</param>
    static abstract T Add<T>(T sum, T unit, T w1, T w2)
        where T : unmanaged, IReal<T>;

    /// <summary>A pixel of the map from its sum and the image's logit.</summary>
    static abstract T Finish<T>(T sum, T logit)
        where T : unmanaged, IReal<T>;

    /// <summary>
    /// For formulas that ask how a probability changes, of models with a logit a class: the sum S over the other classes so far, with
    /// one more. Not called where <see cref="IsGradient"/>, or where <see cref="Finish"/> does nothing.
    /// </summary>
    /// <param name="sum">Of <see cref="Add"/> over the units with the difference of its w2 and that of the map's class for w2.</param>
    /// <param name="probability">Its p.</param>
    static virtual T Grow<T>(T change, T sum, T probability)
        where T : unmanaged, IReal<T> => change;

    /// <summary>The map from S.</summary>
    /// <param name="probability">p of the map's class.</param>
    static virtual T Change<T>(T change, T probability)
        where T : unmanaged, IReal<T> => change;
}
