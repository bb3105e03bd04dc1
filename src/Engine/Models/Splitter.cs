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

    // What a shuffle is for; part of the counter of each draw, so part of the file format. Never reuse a value.
    private const uint FirstClass = 0, SecondClass = 1, Training = 2, Validation = 3;

    /// <summary>
    /// Shuffles each class, cuts the larger to the count n of the smaller, gives the first floor(0.8 n) of each to
    /// training and the rest to validation, and shuffles both lists.
    /// </summary>
    /// <param name="seed">Any value; a negative one counts as its 32 bits.</param>
    /// <returns>2 * floor(0.8 n) training and 2 * (n - floor(0.8 n)) validation images.</returns>
    /// <exception cref="UserErrorException">
    /// Both classes are the same, a class is not in the data set, or one has fewer than <see cref="FewestImages"/> images.
    /// </exception>
    public static Split Create(Dataset data, PairTask task, int seed)
    {
        Check(data, task);
        int[] first = Collect(data, task.First);
        int[] second = Collect(data, task.Second);
        Shuffle(first, task, seed, FirstClass);
        Shuffle(second, task, seed, SecondClass);

        int each = Math.Min(first.Length, second.Length);
        int trainEach = TrainShare(each);
        int[] train = [.. first.AsSpan(0, trainEach), .. second.AsSpan(0, trainEach)];
        int[] validation = [.. first.AsSpan(trainEach, each - trainEach), .. second.AsSpan(trainEach, each - trainEach)];
        Shuffle(train, task, seed, Training);
        Shuffle(validation, task, seed, Validation);
        return new Split(task, seed, train, validation);
    }

    /// <summary>How many training images <see cref="Create"/> gives a task; the same for every seed.</summary>
    /// <exception cref="UserErrorException">As for <see cref="Create"/>.</exception>
    public static int TrainImages(Dataset data, PairTask task)
    {
        Check(data, task);
        return 2 * TrainShare(Math.Min(data.ImagesOf[task.First], data.ImagesOf[task.Second]));
    }

    /// <summary>Why a task cannot be split, in words; null when it can.</summary>
    public static string? Problem(Dataset data, PairTask task)
    {
        if (task.First == task.Second)
            return $"task {task} names class {task.First} twice; a task needs two different classes";
        foreach (int label in (int[])[task.First, task.Second])
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

    private static void Check(Dataset data, PairTask task)
    {
        if (Problem(data, task) is { } problem)
            throw new UserErrorException($"{char.ToUpperInvariant(problem[0])}{problem[1..]}.");
    }

    private static int TrainShare(int images) => (int)(images * 4L / 5);

    private static int[] Collect(Dataset data, int label) =>
        [.. Enumerable.Range(0, data.Images).Where(image => data.Labels[image] == label)];

    /// <summary>Fisher-Yates from the end; the draw for position i has i as its index.</summary>
    private static void Shuffle(int[] images, PairTask task, int seed, uint which)
    {
        uint identity = (uint)task.Second | (which << 16);
        for (int i = images.Length - 1; i > 0; i--)
        {
            uint other = Philox.Below((uint)i + 1, (uint)i, (uint)task.First, identity, unchecked((uint)seed), RandomStreams.Split);
            (images[i], images[other]) = (images[other], images[i]);
        }
    }
}
