using GpuMlp.Engine.Data;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Engine.Models;

/// <summary>
/// Draws the balanced, stratified 80/20 split of a task. The numbers depend on labels, task and seed alone, and are the
/// same on every machine: integer arithmetic only.
/// </summary>
public static class Splitter
{
    /// <summary>Fewest images of a class that leave one for validation: floor(0.8 * 5) = 4.</summary>
    public const int FewestImages = 5;

    // What a shuffle is for; part of the counter of each draw, so part of the file format. Never reuse a value. Of a pair: the class of
    // label 0, that of label 1, both lists; of more classes their labels, which end below the lists.
    private const uint Training = 2, Validation = 3, TrainingOfMany = 256, ValidationOfMany = 257;

    /// <summary>
    /// Shuffles each class, cuts all to the count n of the smallest, gives the first floor(0.8 n) of each to
    /// training and the rest to validation, and shuffles both lists.
    /// </summary>
    /// <param name="seed">Any value; a negative one counts as its 32 bits.</param>
    /// <returns>K * floor(0.8 n) training and K * (n - floor(0.8 n)) validation images.</returns>
    /// <exception cref="UserErrorException">
    /// A class is not in the data set, or one has fewer than <see cref="FewestImages"/> images.
    /// </exception>
    public static Split Create(Dataset data, ClassTask task, int seed)
    {
        Check(data, task);
        int[][] classes = [.. task.Classes.Select(label => Collect(data, label))];
        for (int label = 0; label < classes.Length; label++)
            Shuffle(classes[label], task, seed, (uint)label);

        int each = classes.Min(images => images.Length);
        int trainEach = TrainShare(each);
        int[] train = [.. classes.SelectMany(images => images[..trainEach])];
        int[] validation = [.. classes.SelectMany(images => images[trainEach..each])];
        Shuffle(train, task, seed, task.IsPair ? Training : TrainingOfMany);
        Shuffle(validation, task, seed, task.IsPair ? Validation : ValidationOfMany);
        return new Split(task, seed, train, validation);
    }

    /// <summary>How many training images <see cref="Create"/> gives a task; the same for every seed.</summary>
    /// <exception cref="UserErrorException">As for <see cref="Create"/>.</exception>
    public static int TrainImages(Dataset data, ClassTask task)
    {
        Check(data, task);
        return task.Count * TrainShare(task.Classes.Min(label => data.ImagesOf[label]));
    }

    /// <summary>Why a task cannot be split, in words; null when it can.</summary>
    public static string? Problem(Dataset data, ClassTask task)
    {
        foreach (int label in task.Classes)
        {
            int images = label < data.Classes ? data.ImagesOf[label] : 0;
            if (images < FewestImages)
            {
                string others = images > 0 ? "" : $" (its labels lie in {data.Labels.Min()}..{data.Labels.Max()})";
                return $"task {task}: class {label} has {images} images in data set '{OneLine.Of(data.Name)}'{others}; "
                    + $"at least {FewestImages} of each class are needed";
            }
        }

        return null;
    }

    private static void Check(Dataset data, ClassTask task)
    {
        if (Problem(data, task) is { } problem)
            throw new UserErrorException($"{char.ToUpperInvariant(problem[0])}{problem[1..]}.");
    }

    private static int TrainShare(int images) => (int)(images * 4L / 5);

    private static int[] Collect(Dataset data, byte label) =>
        [.. Enumerable.Range(0, data.Images).Where(image => data.Labels[image] == label)];

    /// <summary>
    /// Fisher-Yates from the end; the draw for position i has i as its index. Its key holds both classes of a pair in two words, of more
    /// classes <see cref="ClassTask.Identity"/> in the first, which is no class.
    /// </summary>
    private static void Shuffle(int[] images, ClassTask task, int seed, uint which)
    {
        (uint first, uint second) = task.IsPair ? (task.Classes[0], task.Classes[1] | (which << 16)) : (task.Identity, which << 16);
        for (int i = images.Length - 1; i > 0; i--)
        {
            uint other = Philox.Below((uint)i + 1, (uint)i, first, second, unchecked((uint)seed), RandomStreams.Split);
            (images[i], images[other]) = (images[other], images[i]);
        }
    }
}
