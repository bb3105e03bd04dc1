using System.Globalization;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Prune;
using GpuMlp.Kernels.Saliency;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Png;

/// <summary>The sheets that a sweep draws and that <c>gpumlp saliency</c> draws on demand.</summary>
internal static class SaliencySheets
{
    // Images of a class in its average map: more change nothing that can be seen.
    private const int AverageImages = 256;

    // Below it a map looks as it did; columns of a sheet.
    private const double LeastShown = 0.1;
    private const int MostLevels = 10;

    private static readonly double[] s_study = [0.0095, 0.95];

    /// <summary>Rows are models times images, columns the image and the map at each level.</summary>
    /// <param name="models">All are drawn.</param>
    /// <param name="images">0-based numbers in the training file, with what is said of each.</param>
    public static SaliencySheet Maps(
        string title, Dataset data, SavedModels models, SaliencyExplorer explorer, SaliencyMethod method, IReadOnlyList<(int Image, string What)> images, IReadOnlyList<MapLevel> levels)
    {
        int[] numbers = [.. images.Select(image => image.Image)];
        MapView[][][] views = [.. levels.Select(level => explorer.Explain(method, numbers, level))];
        List<SheetRow> rows = [];
        for (int m = 0; m < models.Models.Count; m++)
        {
            for (int n = 0; n < numbers.Length; n++)
            {
                string head = models.Models.Count > 1 ? $"H = {models.Models[m].Hidden}" : images[n].What;
                SheetTile image = new(data.Pixels[(numbers[n] * data.Inputs)..((numbers[n] + 1) * data.Inputs)], null, $"image {numbers[n]}\nclass {data.ClassNames.Of(data.Labels[numbers[n]])}");
                rows.Add(new SheetRow(head, [image, .. views.Select(level => Tile(level[m][n], models.Task.Second))]));
            }
        }

        return new SaliencySheet(title, method, data.Rows, data.Columns, ["image", .. levels.Select(Name)], rows);
    }

    /// <summary>Rows are the classes of the task, columns their mean image and mean map at each level, for the first model.</summary>
    public static SaliencySheet Averages(
        string title, Dataset data, SavedModels models, SaliencyExplorer explorer, SaliencyMethod method, IReadOnlyList<MapLevel> levels) => new(
        title,
        method,
        data.Rows,
        data.Columns,
        ["mean image", .. levels.Select(Name)],
        [
            .. explorer.Averages(method, levels, AverageImages).Select(average => new SheetRow(
                $"class {data.ClassNames.Of(average.Class)}\n{average.Images} images",
                [new SheetTile(average.Pixels, null, ""), .. average.Levels.Select(view => Tile(view, models.Task.Second))])),
        ]);

    /// <summary><c>4v9, H = 24, learning rate 0.03, seed 0</c></summary>
    public static string Title(SavedModels models, Dataset data) => string.Create(
        CultureInfo.InvariantCulture,
        $"{data.ClassNames.Of(models.Task)}, {(models.Models.Count == 1 ? $"H = {models.Models[0].Hidden}, " : "")}learning rate {models.Models[0].LearningRate:R}, seed {models.Seed}");

    /// <summary>An image that the (first) model gets right and one that it does not, as far as there are any.</summary>
    public static List<(int Image, string What)> Examples(SaliencyExplorer explorer)
    {
        (int? correct, int? mistake) = explorer.Examples();
        List<(int, string)> images = [];
        if (correct is { } right)
            images.Add((right, "classified\ncorrectly"));
        if (mistake is { } wrong)
            images.Add((wrong, "misclassified"));
        return images;
    }

    /// <summary>The trained model, as the study's code pruned it at what its figure calls 95 %, and truly at 95 %; else the highest level of each method.</summary>
    public static IReadOnlyList<MapLevel> StudyLevels(SweepSpec spec)
    {
        double[] usual = [.. s_study.Where(spec.Sparsity.Contains)];
        double[] levels = usual.Length > 0 ? usual : [.. spec.Sparsity.Order().TakeLast(1)];
        return [MapLevel.Dense, .. spec.Pruning.Take(1).SelectMany(method => levels.Select(level => new MapLevel(method, level))),
            .. spec.Pruning.Skip(1).Take(1).Select(method => new MapLevel(method, levels[^1]))];
    }

    /// <summary>The trained model and the first method at levels spread over those of the spec.</summary>
    public static IReadOnlyList<MapLevel> ManyLevels(SweepSpec spec) =>
        Levels(spec.Pruning.Take(1), [.. Pick.Evenly([.. spec.Sparsity.Where(level => level >= LeastShown || spec.Sparsity.Max() < LeastShown).Order()], MostLevels)]);

    /// <summary>The trained model, then one method at each level.</summary>
    public static IReadOnlyList<MapLevel> Levels(IEnumerable<PruneMethod> pruning, IReadOnlyList<double> sparsity) =>
        [MapLevel.Dense, .. from method in pruning from level in sparsity select new MapLevel(method, level)];

    private static string Name(MapLevel level) => level.Pruning is { } method
        ? string.Create(CultureInfo.InvariantCulture, $"{PruningMethods.Name(method)} {level.Sparsity * 100:0.###} %")
        : "trained";

    private static SheetTile Tile(MapView view, int second) =>
        new(null, view.Map, string.Create(CultureInfo.InvariantCulture, $"p({second}) = {view.Probability:0.000}"));
}
