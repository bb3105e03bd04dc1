using System.Globalization;
using GpuMlp.Engine.Data;

namespace GpuMlp.Runner.Png;

/// <summary>One image and what moves the model's answer on it.</summary>
/// <param name="Title">Above the image, as in <c>classified correctly</c>.</param>
/// <param name="Pixels">Row-major [rows, columns], 0 black .. 255 white.</param>
/// <param name="Rows">1 .. 256.</param>
/// <param name="Columns">1 .. 256.</param>
/// <param name="Map">Row-major [rows, columns], unscaled: dp/dx, signed, or absolute changes of p. NaN is drawn grey.</param>
/// <param name="Caption">Under the image, one or more lines; see <see cref="Describe"/>.</param>
internal sealed record SaliencyPicture(string Title, byte[] Pixels, int Rows, int Columns, float[] Map, string Caption)
{
    /// <summary>The caption of an image: where it is, what it is, what the model says.</summary>
    /// <param name="image">0-based number in the training file.</param>
    /// <param name="trueClass">As labelled.</param>
    /// <param name="predictedClass">The class that the model chose.</param>
    /// <param name="probability">The model's probability of the second class of the task, 0..1.</param>
    /// <param name="secondClass">The class that <paramref name="probability"/> is of.</param>
    /// <param name="names">Of the classes.</param>
    public static string Describe(int image, int trueClass, int predictedClass, double probability, int secondClass, ClassNames names) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"training image {image}\ntrue {names.Of(trueClass)}, predicted {names.Of(predictedClass)}\np({secondClass}) = {probability:0.000}");
}
