using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Engine.Models;

/// <summary>
/// Draws the stratified 80/20 split of a task, and which of its images are trained with which label. The numbers depend on labels, task,
/// seed and choice alone, and are the same on every machine: integer arithmetic only.
/// </summary>
public static class Splitter
{
    /// <summary>Fewest images of a class that leave one for validation: floor(0.8 * 5) = 4.</summary>
    public const int FewestImages = 5;

    // What a shuffle is for; part of the counter of each draw, so part of the file format. Never reuse a value. Of a pair: the class of
    // label 0, that of label 1, both lists; of more classes their labels, which end below the lists.
    private const uint Training = 2, Validation = 3, TrainingOfMany = 256, ValidationOfMany = 257;

    /// <summary>
    /// Shuffles each class, cuts all to the count n of the smallest where the split is balanced, gives the first floor(0.8 n) of each to
    /// training and the rest to validation, and shuffles both lists. Of these training images the first of each class are used where
    /// some are asked for, floor(N n_y / n) of the n_y of class y, in their order: fewer of them are some of more. Then some of them
    /// get the label of another class, see <see cref="LabelNoise"/>; validation images keep theirs.
    /// </summary>
    /// <param name="seed">Any value; a negative one counts as its 32 bits.</param>
    /// <param name="choice">Which images and labels.</param>
    /// <exception cref="UserErrorException">
    /// A class is not in the data set, or one has fewer than <see cref="FewestImages"/> images; or the split has fewer training images than
    /// are asked for, or those leave a class out.
    /// </exception>
    public static Split Create(Dataset data, ClassTask task, int seed, ImageChoice choice = default)
    {
        if (Problem(data, task) is { } problem)
            throw new UserErrorException($"{char.ToUpperInvariant(problem[0])}{problem[1..]}.");
        int[][] classes = [.. task.Classes.Select(label => Collect(data, label))];
        int[] perClass = Divided([.. classes.Select(images => images.Length)], choice.Split);
        if (SubsetProblem(task, perClass, choice) is { } few)
            throw new UserErrorException($"Training images: {few}.");
        List<int> train = [], validation = [];
        for (int label = 0; label < classes.Length; label++)
        {
            Shuffle(classes[label], task, seed, (uint)label);
            int share = TrainShare(perClass[label]);
            train.AddRange(classes[label].AsSpan(0, share));
            validation.AddRange(classes[label].AsSpan(share, perClass[label] - share));
        }

        int[] all = [.. train], validated = [.. validation];
        Shuffle(all, task, seed, task.IsPair ? Training : TrainingOfMany);
        Shuffle(validated, task, seed, task.IsPair ? Validation : ValidationOfMany);
        int[] used = choice.TrainImages is { } count ? Subset(data, task, all, Shares(perClass, count)) : all;
        int[] noisy = [.. used.Where(image => LabelNoise.IsNoisy(task, seed, image, choice.LabelNoise))];
        return new Split(task, seed, used, validated)
        {
            Noisy = noisy,
            NoisyLabels =
                [.. noisy.Select(image => (int)LabelNoise.Other(task, seed, image, task.LabelOf(data.Labels[image]), task.Count))],
        };
    }

    /// <summary>How many training images <see cref="Create"/> gives a task; the same for every seed.</summary>
    /// <exception cref="UserErrorException">As for <see cref="Create"/>.</exception>
    public static SplitSize SizeOf(Dataset data, ClassTask task, ImageChoice choice) => SizesOf(data)(task, choice);

    /// <summary>The same of any task and choice, for planning.</summary>
    /// <param name="name">What messages call the fields <c>tasks</c> and <c>train_images</c>; by default their flags.</param>
    public static Func<ClassTask, ImageChoice, SplitSize> SizesOf(Dataset data, Func<string, string>? name = null)
    {
        name ??= Flag.NameOf;
        return (task, choice) =>
        {
            if (Problem(data, task) is { } problem)
                throw new UserErrorException($"{name("tasks")}: {problem}.");
            int[] perClass = Divided([.. task.Classes.Select(label => data.ImagesOf[label])], choice.Split);
            if (SubsetProblem(task, perClass, choice) is { } few)
                throw new UserErrorException($"{name("train_images")}: {few}.");
            int all = perClass.Sum(TrainShare);
            return new SplitSize(choice.TrainImages is { } images ? Shares(perClass, images).Sum() : all, all);
        };
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

    // What is wrong with a number of training images; null when nothing is.
    private static string? SubsetProblem(ClassTask task, int[] perClass, ImageChoice choice)
    {
        if (choice.TrainImages is not { } images)
            return null;
        int all = perClass.Sum(TrainShare);
        return images > all ? $"{task} has {all} training images, not {images}; must be all or at most {all}"
            : Shares(perClass, images).Min() == 0
                ? $"{images} of the {all} training images of {task} leave a class without any; must be more"
            : null;
    }

    // Of the images of each class those that are divided, in the task's order.
    private static int[] Divided(int[] images, SplitKind split) =>
        split == SplitKind.Whole ? images : [.. images.Select(_ => images.Min())];

    // Of so many training images those of each class.
    private static int[] Shares(int[] perClass, int images)
    {
        int[] train = [.. perClass.Select(TrainShare)];
        long all = train.Sum();
        return [.. train.Select(count => (int)(images * (long)count / all))];
    }

    private static int[] Subset(Dataset data, ClassTask task, int[] train, int[] left) =>
        [.. train.Where(image => left[task.LabelOf(data.Labels[image])]-- > 0)];

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
