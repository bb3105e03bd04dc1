using System.Globalization;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Runner.Pictures;

/// <summary>The sheets that a run draws of itself and that <c>gpumlp saliency</c> draws on demand.</summary>
/// <param name="ofClass">See <see cref="SaliencyExplorer(Dataset, SavedModels, int, int?)"/>.</param>
/// <param name="names">Of the classes, all of them; which are written is decided here.</param>
internal sealed class SaliencySheets(
    Dataset data, ClassNames names, SavedModels models, SaliencyMethod method, int threads, int? ofClass = null) : IDisposable
{
    // Images of a class in its average map: more change nothing that can be seen.
    private const int AverageImages = 256;

    // Below it a map looks as it did; columns of a sheet.
    private const double LeastShown = 0.1;
    private const int MostLevels = 10;

    private static readonly double[] s_study = [0.0095, 0.95];

    private readonly SaliencyExplorer _explorer = new(data, models, threads, ofClass);
    private readonly ClassNames _names = PictureNames.Of(names);
    private readonly ExampleShape _shape = ExampleShape.Of(data);

    /// <summary>Rows are models times images, columns the image and the map at each level.</summary>
    /// <param name="images">0-based numbers in the training file, with what is said of each.</param>
    public SaliencySheet Maps(IReadOnlyList<(int Image, string What)> images, IReadOnlyList<MapLevel> levels)
    {
        int[] numbers = [.. images.Select(image => image.Image)];
        MapView[][][] views = [.. levels.Select(level => _explorer.Explain(method, numbers, level))];
        List<SheetRow> rows = [];
        for (int m = 0; m < models.Models.Count; m++)
        {
            for (int n = 0; n < numbers.Length; n++)
            {
                string head = models.Models.Count > 1 ? $"H = {models.Models[m].Hidden}" : images[n].What;
                byte[] pixels = data.Pixels[(numbers[n] * data.Inputs)..((numbers[n] + 1) * data.Inputs)];
                SheetTile image = new(_shape.Arrange(pixels), null, $"image {numbers[n]}\nclass {_names.Of(data.Labels[numbers[n]])}");
                string foreign = !IsForeign(numbers[n]) ? "" : models.Task.IsPair ? "\nof neither class" : "\nof no class\nof the task";
                rows.Add(new SheetRow(head + foreign, [image, .. views.Select(level => Tile(level[m][n]))]));
            }
        }

        return Sheet("image", levels, rows, numbers.Select(image => (int)data.Labels[image]));
    }

    /// <summary>Rows are the classes of the task, columns their mean image and mean map at each level, for the first model.</summary>
    public SaliencySheet Averages(IReadOnlyList<MapLevel> levels)
    {
        IEnumerable<SheetRow> rows = _explorer.Averages(method, levels, AverageImages).Select(average => new SheetRow(
            $"class {_names.Of(average.Class)}\n{average.Images} images",
            [new SheetTile(_shape.Arrange(average.Pixels), null, ""), .. average.Levels.Select(Tile)]));
        return Sheet("mean image", levels, [.. rows], []);
    }

    /// <summary>An image that the (first) model gets right and one that it does not, as far as there are any.</summary>
    public IReadOnlyList<(int Image, string What)> Examples()
    {
        (int? correct, int? mistake) = _explorer.Examples();
        List<(int, string)> images = [];
        if (correct is { } right)
            images.Add((right, "classified\ncorrectly"));
        if (mistake is { } wrong)
            images.Add((wrong, "misclassified"));
        return images;
    }

    /// <summary>Whether an image is of no class that the models tell apart.</summary>
    public bool IsForeign(int image) => !models.Task.Has(data.Labels[image]);

    /// <summary>
    /// The trained model, as the study's code pruned it at what its figure calls 95 %, and truly at 95 %; else the highest level of
    /// each method.
    /// </summary>
    public static IReadOnlyList<MapLevel> StudyLevels(SweepSpec spec)
    {
        double[] usual = [.. s_study.Where(spec.Sparsity.Contains)];
        double[] levels = usual.Length > 0 ? usual : [.. spec.Sparsity.Order().TakeLast(1)];
        return [MapLevel.Dense, .. spec.Pruning.Take(1).SelectMany(pruning => levels.Select(level => new MapLevel(pruning, level))),
            .. spec.Pruning.Skip(1).Take(1).Select(pruning => new MapLevel(pruning, levels[^1]))];
    }

    /// <summary>The trained model and the first method at levels spread over those of the spec.</summary>
    public static IReadOnlyList<MapLevel> ManyLevels(SweepSpec spec)
    {
        double[] seen = [.. spec.Sparsity.Where(level => level >= LeastShown || spec.Sparsity.Max() < LeastShown).Order()];
        return Levels(spec.Pruning.Take(1), Evenly.Of(seen, MostLevels));
    }

    /// <summary>The trained model, then one method at each level.</summary>
    public static IReadOnlyList<MapLevel> Levels(IEnumerable<PruneMethod> pruning, IReadOnlyList<double> sparsity) =>
        [MapLevel.Dense, .. from way in pruning from level in sparsity select new MapLevel(way, level)];

    public void Dispose() => _explorer.Dispose();

    /// <param name="shown">Classes of images, beside those of the task.</param>
    private SaliencySheet Sheet(string first, IReadOnlyList<MapLevel> levels, IReadOnlyList<SheetRow> rows, IEnumerable<int> shown) =>
        new(Title, method, _shape.Rows, _shape.Columns, [first, .. levels.Select(Name)], rows)
        {
            NamesClasses = models.HasClassLogits,
            Note = PictureNames.Note(names, models.Task.Classes.Select(one => (int)one).Concat(shown)),
        };

    // "4v9, H = 24, learning rate 0.03, seed 0"
    private string Title => string.Create(
        CultureInfo.InvariantCulture,
        $"{models.Task.In(_names)}, {(models.Models.Count == 1 ? $"H = {models.Models[0].Hidden}, " : "")}"
        + $"learning rate {models.Models[0].LearningRate:R}, {(models.Variant is { } variant ? $"{variant}, " : "")}"
        + $"{(models.Training == ModelTraining.Usual ? "" : $"{models.Training}, ")}seed {models.Seed}");

    private static string Name(MapLevel level) => level.Pruning is { } pruning
        ? $"{pruning.Name} {NumberText.Percent(level.Sparsity)} %"
        : "trained";

    private SheetTile Tile(MapView view)
    {
        string caption = string.Create(CultureInfo.InvariantCulture, $"p({view.Class}) = {view.Probability:0.000}");
        return new(null, _shape.Arrange(view.Map), caption);
    }
}
