using GpuMlp.Engine.Data;

namespace GpuMlp.Runner.Pictures;

/// <summary>Class names as pictures write them, whose font does not have every script.</summary>
internal static class PictureNames
{
    /// <summary>The names that can be written; the other classes have their numbers alone, instead of boxes.</summary>
    public static ClassNames Of(ClassNames names) => names.Where(GlyphAtlas.Has);

    /// <summary>What a picture of some classes says about names that it does not write; null where it writes all.</summary>
    public static string? Note(ClassNames names, IEnumerable<int> classes)
    {
        int[] lost = [.. classes.Distinct().Where(number => names.IsNamed(number) && !Of(names).IsNamed(number)).Order()];
        return lost.Length switch
        {
            0 => null,
            1 => $"The name of class {lost[0]} has characters that are not in the font of this picture; the run's classes.txt has it.",
            _ => $"The names of the classes {string.Join(", ", lost[..^1])} and {lost[^1]} have characters that are not in the font "
                + "of this picture; the run's classes.txt has them.",
        };
    }
}
