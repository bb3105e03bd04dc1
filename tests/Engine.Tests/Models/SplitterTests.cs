using CsCheck;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Engine.Tests.Models;

public sealed class SplitterTests
{
    private static readonly ClassTask s_task = new(1, 3);

    // See Draws_of_larger_sets_are_their_own.
    private static readonly int[] s_goldenTrain
        = [23, 21, 14, 7, 19, 1, 27, 26, 11, 20, 12, 2, 28, 25, 5, 4, 3, 6, 9, 0, 18, 13, 16, 29],
        s_goldenValidation = [15, 22, 8, 24, 10, 17];

    /// <summary>Labels with at least 5 images each of classes 1 and 3, among others.</summary>
    private static readonly Gen<byte[]> s_labels = Gen.Byte[0, 4].Array[0,
        300].Select(some => (byte[])[1, 1, 1, 3, 3, .. some, 3, 3, 3, 1, 1]);

    [Fact]
    public void A_split_is_disjoint_balanced_stratified_and_80_to_20() => Gen.Select(s_labels, Gen.Int).Sample((labels, seed) =>
    {
        Split split = Splitter.Create(Labelled(labels), s_task, seed);
        int each = Math.Min(labels.Count(label => label == 1), labels.Count(label => label == 3));
        int trainEach = 8 * each / 10;
        Assert.Equal((s_task, seed), (split.Task, split.Seed));
        Assert.Equal(2 * each, split.Train.Concat(split.Validation).Distinct().Count());
        foreach (int label in (int[])[1, 3])
        {
            Assert.Equal(trainEach, split.Train.Count(image => labels[image] == label));
            Assert.Equal(each - trainEach, split.Validation.Count(image => labels[image] == label));
        }

        Assert.Equal(2 * trainEach, split.Train.Length);
        Assert.Equal(2 * (each - trainEach), split.Validation.Length);
    });

    [Fact]
    public void A_split_depends_on_labels_task_and_seed_alone() => Gen.Select(s_labels, Gen.Int).Sample((labels, seed) =>
    {
        Split once = Splitter.Create(Labelled(labels), s_task, seed);
        Split again = Splitter.Create(
            new Dataset("other", new byte[4 * labels.Length], labels, 2, 2, 200, "other"), s_task, seed);
        Assert.Equal(once.Train, again.Train);
        Assert.Equal(once.Validation, again.Validation);
    });

    [Fact]
    public void Images_of_other_classes_do_not_change_the_draw()
    {
        byte[] labels = Alternating(200);
        byte[] others = [.. labels, 0, 2, 4, 0, 2, 4];
        Assert.Equal(Splitter.Create(Labelled(labels), s_task, 7).Train, Splitter.Create(Labelled(others), s_task, 7).Train);
    }

    [Fact]
    public void Seeds_and_the_order_of_the_classes_give_different_splits()
    {
        Dataset data = Labelled(Alternating(200));
        int[] seeds = [0, 1, 2, -1, int.MaxValue, int.MinValue];
        Assert.Equal(seeds.Length, seeds.Select(seed => string.Join(',', Splitter.Create(data, s_task, seed).Train)).Distinct().Count());
        Assert.NotEqual(Splitter.Create(data, s_task, 0).Train, Splitter.Create(data, new ClassTask(3, 1), 0).Train);
    }

    [Fact]
    public void Both_classes_are_mixed_in_training_and_validation()
    {
        byte[] labels = Alternating(1000);
        Split split = Splitter.Create(Labelled(labels), s_task, 0);

        // 100 of a fair mix hold 50 of a class, standard deviation 5; these bounds are six deviations off.
        Assert.InRange(split.Train.Take(100).Count(image => labels[image] == 1), 20, 80);
        Assert.InRange(split.Validation.Take(100).Count(image => labels[image] == 1), 20, 80);
    }

    [Fact]
    public void Every_image_lands_in_validation_about_one_time_in_five()
    {
        const int Seeds = 2000;
        Dataset data = Labelled(Alternating(20));
        var counts = new int[20];
        for (int seed = 0; seed < Seeds; seed++)
        {
            foreach (int image in Splitter.Create(data, s_task, seed).Validation)
                counts[image]++;
        }

        // Binomial(2000, 0.2): mean 400, standard deviation 17.9; six deviations.
        Assert.All(counts, count => Assert.InRange(count, 292, 508));
    }

    [Fact]
    public void Golden_splits_of_MNIST_stay_as_they_are()
    {
        // Origin: this implementation, checked against an independent one in Python. A change here changes every published run.
        Split split = Splitter.Create(DatasetLoader.Load(null), new ClassTask(4, 9), seed: 0);
        Assert.Equal((9346, 2338), (split.Train.Length, split.Validation.Length));
        Assert.Equal([46920, 8579, 1112, 11900, 14057, 50349, 13997, 2815], split.Train[..8]);
        Assert.Equal([11688, 46474, 980, 54466, 33757, 57728, 37986, 21828], split.Validation[..8]);
        Split negative = Splitter.Create(Labelled(Alternating(20)), s_task, seed: -1);
        Assert.Equal([5, 15, 18, 19, 12, 3, 10, 0, 17, 14, 13, 6, 7, 2, 11, 16], negative.Train);
        Assert.Equal([1, 8, 4, 9], negative.Validation);
    }

    [Fact]
    public void More_classes_are_cut_to_the_smallest_split_and_mixed_alike() => Gen.Select(
        Gen.Byte[0, 5].Array[30, 400], Gen.Int, Gen.Shuffle((int[])[0, 1, 2, 3, 4, 5], 3, 6)).Sample((some, seed, classes) =>
    {
        byte[] labels = [.. Enumerable.Range(0, 30).Select(n => (byte)(n % 6)), .. some];
        ClassTask task = new(classes);
        Split split = Splitter.Create(Labelled(labels, 6), task, seed);
        int each = classes.Min(one => labels.Count(label => label == one)), trainEach = 8 * each / 10;
        Assert.Equal(classes.Length * trainEach, Splitter.SizeOf(Labelled(labels, 6), task, default).Train);
        Assert.Equal(
            (classes.Length * trainEach, classes.Length * (each - trainEach)), (split.Train.Length, split.Validation.Length));
        Assert.Equal(classes.Length * each, split.Train.Concat(split.Validation).Distinct().Count());
        Assert.All(classes, one => Assert.Equal(
            (trainEach, each - trainEach),
            (split.Train.Count(image => labels[image] == one), split.Validation.Count(image => labels[image] == one))));
        Assert.NotEqual(split.Train, split.Train.OrderBy(image => task.LabelOf(labels[image])));
    });

    [Fact]
    public void Draws_of_larger_sets_are_their_own()
    {
        // Origin: this implementation, checked against an independent one in Python.
        byte[] labels = [.. Enumerable.Range(0, 30).Select(n => (byte)(n % 3))];
        Dataset data = Labelled(labels);
        Split split = Splitter.Create(data, new ClassTask(0, 1, 2), 0);
        Assert.Equal(s_goldenTrain, split.Train);
        Assert.Equal(s_goldenValidation, split.Validation);
        Assert.NotEqual(split.Train, Splitter.Create(data, new ClassTask(0, 2, 1), 0).Train);
    }

    [Theory]
    [InlineData(1, 2, "Task 1v2: class 2 has 4 images in data set 'test'; at least 5 of each class are needed.")]
    [InlineData(4, 1, "Task 4v1: class 4 has 0 images in data set 'test' (its labels lie in 1..2); at least 5 of each class are needed.")]
    [InlineData(1, 200, "Task 1v200: class 200 has 0 images in data set 'test' (its labels lie in 1..2);")]
    public void A_task_that_cannot_be_split_is_a_user_error(int first, int second, string message)
    {
        byte[] labels = [1, 1, 1, 1, 1, 2, 2, 2, 2];
        UserErrorException fault = Assert.Throws<UserErrorException>(
            () => Splitter.Create(Labelled(labels), new ClassTask(first, second), 0));
        Assert.StartsWith(message, fault.Message);
        Assert.Equal(ExitCodes.BadInput, fault.ExitCode);
    }

    [Fact]
    public void Five_images_of_a_class_are_enough()
    {
        Split split = Splitter.Create(Labelled(Alternating(10)), s_task, 0);
        Assert.Equal((8, 2), (split.Train.Length, split.Validation.Length));
    }

    [Fact]
    public void A_whole_split_divides_all_images_of_each_class_80_to_20() => Gen.Select(s_labels, Gen.Int).Sample((labels, seed) =>
    {
        Split split = Splitter.Create(Labelled(labels), s_task, seed, new ImageChoice(SplitKind.Whole, 0, null));
        foreach (int label in (int[])[1, 3])
        {
            int all = labels.Count(one => one == label), train = 8 * all / 10;
            Assert.Equal(train, split.Train.Count(image => labels[image] == label));
            Assert.Equal(all - train, split.Validation.Count(image => labels[image] == label));
        }

        Assert.Equal(labels.Count(label => label is 1 or 3), split.Train.Concat(split.Validation).Distinct().Count());
        Assert.Equal(new SplitSize(split.Train.Length), SizeOf(labels, new ImageChoice(SplitKind.Whole, 0, null)));
    });

    [Theory]
    [InlineData(SplitKind.Balanced)]
    [InlineData(SplitKind.Whole)]
    public void Fewer_training_images_are_the_first_of_each_class(SplitKind kind)
    {
        byte[] labels = [.. Alternating(200), .. Enumerable.Repeat((byte)3, 150)];
        Split all = Splitter.Create(Labelled(labels), s_task, 5, new ImageChoice(kind, 0, null));
        int[] before = [];
        foreach (int few in (int[])[4, 5, 50, 51, 77, all.Train.Length])
        {
            var choice = new ImageChoice(kind, 0, few);
            Split split = Splitter.Create(Labelled(labels), s_task, 5, choice);
            Assert.Equal(all.Validation, split.Validation);
            List<int> expected = [];
            foreach (int label in (int[])[1, 3])
            {
                int[] ofClass = [.. all.Train.Where(image => labels[image] == label)];
                expected.AddRange(ofClass[..(few * ofClass.Length / all.Train.Length)]);
            }

            Assert.Equal(all.Train.Where(expected.Contains), split.Train);
            Assert.Empty(before.Except(split.Train));
            Assert.Equal(new SplitSize(split.Train.Length, all.Train.Length), SizeOf(labels, choice));
            before = split.Train;
        }
    }

    [Theory]
    [InlineData(17, "--train-images: 1v3 has 16 training images, not 17; must be all or at most 16.")]
    [InlineData(1, "--train-images: 1 of the 16 training images of 1v3 leave a class without any; must be more.")]
    public void Training_images_that_are_not_there_or_leave_out_a_class_are_a_user_error(int few, string message)
    {
        var choice = new ImageChoice(SplitKind.Balanced, 0, few);
        UserErrorException planned = Assert.Throws<UserErrorException>(() => SizeOf(Alternating(20), choice));
        Assert.Equal((message, ExitCodes.BadInput), (planned.Message, planned.ExitCode));
        Assert.Throws<UserErrorException>(() => Splitter.Create(Labelled(Alternating(20)), s_task, 0, choice));
    }

    [Fact]
    public void Noisy_labels_are_draws_of_task_seed_and_image()
    {
        Dataset data = Labelled(Alternating(10_000));
        Split clean = Splitter.Create(data, s_task, 11);
        HashSet<int> before = [];
        foreach (double share in (double[])[0.001, 0.1, 0.25, 0.9, 1])
        {
            Split split = Splitter.Create(data, s_task, 11, new ImageChoice(SplitKind.Balanced, share, null));
            Assert.Equal((clean.Train, clean.Validation), (split.Train, split.Validation), Same);

            // The identity of 1v3 in random draws; stream 5 is that of labels.
            Assert.Equal(
                clean.Train.Where(image => Philox.Draw(new PhiloxBlock((uint)image, 0x103, 0, 0), 11, 5).X < share * 4294967296.0),
                split.Noisy);
            Assert.Equal(split.Noisy.Select(image => data.Labels[image] == 1 ? 1 : 0), split.NoisyLabels);
            Assert.Empty(before.Except(split.Noisy));
            double n = split.Train.Length, bound = 5 * Math.Sqrt(n * share * (1 - share));
            Assert.InRange(split.Noisy.Length, (n * share) - bound, (n * share) + bound);
            before = [.. split.Noisy];
        }

        Assert.Empty(clean.Noisy);
        int[] few = Splitter.Create(data, s_task, 11, new ImageChoice(SplitKind.Balanced, 0.1, 100)).Noisy;
        Assert.Empty(few.Except(before));
        Assert.NotEqual(
            few.Length, Splitter.Create(data, s_task, 11, new ImageChoice(SplitKind.Balanced, 0.1, null)).Noisy.Length);
        static bool Same((int[], int[]) one, (int[], int[]) other) =>
            one.Item1.SequenceEqual(other.Item1) && one.Item2.SequenceEqual(other.Item2);
    }

    [Fact]
    public void A_noisy_label_is_each_of_the_other_classes_alike()
    {
        int[] counts = new int[7];
        for (int image = 0; image < 6000; image++)
            counts[LabelNoise.Other(s_task, 3, image, label: 2, classes: 7)]++;
        Assert.Equal(0, counts[2]);

        // Binomial(6000, 1/6): mean 1000, standard deviation 29; six deviations.
        Assert.All(counts.Where((_, label) => label != 2), count => Assert.InRange(count, 827, 1173));
    }

    private static SplitSize SizeOf(byte[] labels, ImageChoice choice) => Splitter.SizeOf(Labelled(labels), s_task, choice);

    private static byte[] Alternating(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % 2 == 0 ? 1 : 3))];

    private static Dataset Labelled(byte[] labels, int classes = 5) =>
        new("test", new byte[labels.Length], labels, 1, 1, classes, "unused");
}
