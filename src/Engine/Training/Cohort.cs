using GpuMlp.Engine.Data;
using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Training;

/// <summary>Models that share a split and a batch schedule, with their images, on a device: ready to train.</summary>
public sealed class Cohort : IDisposable
{
    // No identity has the bit: those of tasks take 31 of the upper 32.
    private const ulong OtherDraw = 1UL << 63;

    private readonly ComputeDevice _device;
    private readonly bool _isScheduled;
    private readonly ModelLearning[]? _learning;
    private readonly ValidationImages _validation;
    private readonly Lazy<DeviceImages> _validationImages;

    /// <param name="device">Where.</param>
    /// <param name="kernels">The device's launchers.</param>
    /// <param name="data">The data set of the split.</param>
    /// <param name="split">Training and validation images.</param>
    /// <param name="models">Sizes and learning rates, in the order of all results.</param>
    /// <param name="variant">How they are trained; batches are consecutive blocks of the split's training order, the same in every
    /// epoch.</param>
    /// <param name="form">Null chooses by the share of zero pixels; the bits do not depend on it.</param>
    /// <param name="images">Of this split, batch and form, made for devices of this kind; null makes them.</param>
    public Cohort(
        ComputeDevice device, DeviceKernels kernels, Dataset data, Split split, IReadOnlyList<ModelSpec> models, TrainingVariant variant,
        KernelForm? form = null, CohortImages? images = null)
    {
        _device = device;
        Kernels = kernels;
        Data = data;
        Split = split;
        Models = models;
        Variant = variant;
        _isScheduled = models.Any(model => model.Training.Schedule != RateSchedule.Constant);
        Keys = [.. models.Select(model => model.KeyOf(split.Task, split.Seed, variant))];
        CohortImages made = images ?? new(ImageTarget.Of(device), data, split, variant.Batch, form);
        TrainLabels = made.Labels;
        Form = made.Form;
        if (models.Any(model => model.Training.Dropout > 0 || !model.Training.ClassWeight.Equals(ClassWeighting.None)))
            _learning = [.. models.Select(LearningOf)];
        TrainImages = new DeviceImages(device, made.Train);
        ColumnLayout layout = ColumnLayout.Create(
            [.. models.Select(m => m.Hidden)], data.Inputs, device.LayoutWays, Outputs,
            [.. models.Select(model => model.Training.Steps.Optimiser)]);
        OnDevice = CreateCohort(layout, trains: true);
        _validation = made.Validation;
        ValidationImages validation = _validation;
        _validationImages = new(() => new DeviceImages(device, validation.OnHost));
    }

    public Dataset Data { get; }

    public Split Split { get; }

    public IReadOnlyList<ModelSpec> Models { get; }

    /// <summary>What tables call the models, in their order.</summary>
    public IReadOnlyList<ModelKey> Keys { get; }

    public TrainingVariant Variant { get; }

    public KernelForm Form { get; }

    /// <summary>Logits of a model.</summary>
    public int Outputs => Variant.OutputsOf(Split.Task);

    /// <summary>0..K-1 a training image, as it is trained: see <see cref="Split.Noisy"/>.</summary>
    public byte[] TrainLabels { get; }

    public DeviceImages TrainImages { get; }

    /// <summary>Pixels and labels of the validation images, in the order of the split.</summary>
    internal SplitImages Validation => _validation.Gathered;

    /// <summary>The same on the device.</summary>
    internal DeviceImages ValidationImages => _validationImages.Value;

    public DeviceCohort OnDevice { get; }

    internal DeviceKernels Kernels { get; }

    /// <summary>Dense-equivalent floating point operations of one epoch: 4 N D C, and 4 N C for each logit beyond the first.</summary>
    public double EpochFlop => 4.0 * TrainLabels.Length * (Data.Inputs + Outputs - 1) * Models.Sum(m => m.Hidden);

    /// <summary>Draws initial weights, normal with the variant's standard deviation; biases are 0.</summary>
    public void Initialize() => Initialize(OnDevice);

    /// <summary>The same of a twin, which gets the values that the models began with.</summary>
    internal void Initialize(DeviceCohort twin) => Kernels.Initialize(twin, Origin(0));

    /// <summary>The models as they were when they had been trained.</summary>
    internal void Restore(IReadOnlyList<ModelResult> models)
    {
        OnDevice.Upload([.. models.Select(model => model.Weights)]);
        OnDevice.UploadStates([.. models.Select(model => model.State)], (long)Variant.Epochs * TrainImages.Batches);
    }

    /// <summary>Starts one epoch at the models' own rates and, on a GPU, does not wait for it.</summary>
    public void StartEpoch() => Kernels.TrainEpoch(OnDevice, TrainImages);

    /// <summary>One epoch; one entry a model, from the forward passes before each update.</summary>
    /// <param name="epoch">From 0: the models' schedules go by it.</param>
    public IReadOnlyList<EpochMetrics> TrainEpoch(int epoch = 0) => TrainEpoch(OnDevice, epoch);

    /// <summary>The same of changed copies of the models, from <see cref="CreateTwin"/>.</summary>
    /// <param name="epoch">From 0: schedules go by it, and which units are dropped; those of the variant and above for further training,
    /// at the last rate.</param>
    internal IReadOnlyList<EpochMetrics> TrainEpoch(DeviceCohort models, int epoch)
    {
        if (_isScheduled)
            models.SetRates([.. Models.Select(model => RateAt(model, epoch))]);
        Kernels.TrainEpoch(models, TrainImages, epoch);
        EpochTotals[] totals = models.DownloadTotals();
        return [.. totals.Select(ToMetrics)];
    }

    /// <summary>All models on any images of the data set, in the order of <paramref name="images"/>.</summary>
    public (ModelEvaluation[] Models, byte[] Labels) Evaluate(ReadOnlySpan<int> images)
    {
        (DeviceImages device, byte[] labels) = Upload(images);
        using (device)
            return (Kernels.Evaluate(OnDevice, device), labels);
    }

    /// <summary>The figures of an epoch with those that the models have now on the validation images.</summary>
    internal IReadOnlyList<EpochMetrics> WithValidation(IReadOnlyList<EpochMetrics> epoch)
    {
        ModelEvaluation[] models = Kernels.Evaluate(OnDevice, ValidationImages);
        var metrics = new EpochMetrics[epoch.Count];
        Parallel.For(0, metrics.Length, m =>
        {
            ReadOnlySpan<float> logits = models[m].Logits.Span;
            ClassFigures counts = ModelMetrics.Count(logits, Validation.Labels, Outputs).Figures;
            metrics[m] = epoch[m] with
            {
                ValLoss = ModelMetrics.Loss(logits, Validation.Labels, Outputs),
                ValAccuracy = counts.Accuracy,
                ValF1 = counts.F1,
            };
        });
        return metrics;
    }

    /// <summary>All models on the task's test images, see <see cref="SplitImages.TestOf"/>; null where there are none.</summary>
    internal (ModelEvaluation[] Models, byte[] Labels)? EvaluateTest()
    {
        if (SplitImages.TestOf(Data, Split.Task) is not { } test)
            return null;
        using DeviceImages device = Upload(SplitImages.GatherTest(Data, Split.Task, test), Form);
        return (Kernels.Evaluate(OnDevice, device), [.. test.Select(image => Split.Task.LabelOf(Data.Test!.Labels[image]))]);
    }

    /// <summary>All models on the training images.</summary>
    public ModelEvaluation[] EvaluateTrain() => Kernels.Evaluate(OnDevice, TrainImages);

    /// <summary>Saliency maps [image, D] of all models.</summary>
    public ReadOnlyMemory<float>[] Saliency(ReadOnlySpan<int> images, SaliencyMethod method)
    {
        (DeviceImages device, _) = Upload(images);
        using (device)
            return Kernels.Saliency(OnDevice, device, method);
    }

    /// <summary>Memory for changed copies of the models, in the same layout.</summary>
    /// <param name="withMask">With room for masks.</param>
    /// <param name="trains">With room for what optimisers remember.</param>
    internal DeviceCohort CreateTwin(bool withMask = false, bool trains = false) => CreateCohort(OnDevice.Layout, trains, withMask);

    /// <summary>Memory for the models' weights, compressed at some levels of pruning.</summary>
    internal SparseCohort CreateSparse(int levels) => new(_device, OnDevice.Layout, levels);

    /// <summary>Memory for the ranks of all weights; random ones belong to task, seed and hidden size, as initial weights do.</summary>
    internal PruneRanks CreateRanks() => new(_device, OnDevice.Layout, Origin(0));

    /// <summary>Gives a twin new random weights: drawn as the initial ones are, but for another identity.</summary>
    internal void Reinitialise(DeviceCohort twin) => Kernels.Initialize(twin, Origin(OtherDraw));

    public void Dispose()
    {
        if (_validationImages.IsValueCreated)
            _validationImages.Value.Dispose();
        TrainImages.Dispose();
        OnDevice.Dispose();
    }

    private DeviceCohort CreateCohort(ColumnLayout layout, bool trains, bool withMask = false)
    {
        var cohort = new DeviceCohort(
            _device, layout, [.. Models.Select(model => RateAt(model, 0))], withMask,
            trains ? [.. Models.Select(model => model.Training.Steps)] : null)
        {
            WeightDecay = (float)Variant.WeightDecay,
        };
        if (_learning is not null)
            cohort.SetLearning(_learning, Origin(0));
        return cohort;
    }

    private ModelLearning LearningOf(ModelSpec model) =>
        new((float)model.Training.Dropout, model.Training.ClassWeight.Of(TrainLabels, Split.Task.Count));

    // Never 0, which marks a model that has failed, nor so small that a device takes it for 0.
    private float RateAt(ModelSpec model, int epoch) =>
        (float)Math.Max(model.LearningRate * model.Training.Schedule.FactorAt(epoch, Variant.Epochs), SpecItems.Rate.Least);

    private ModelOrigin Origin(ulong which) => OriginOf(Split.Task, Split.Seed, Models, Variant.InitStd, which);

    /// <summary>
    /// What random numbers of models belong to. Learning rate is not part of it: runs that differ in rate share their start. Nor is the
    /// variant; initial weights of two spreads are multiples of each other.
    /// </summary>
    /// <param name="which">0 for the numbers that they are trained from.</param>
    internal static ModelOrigin OriginOf(ClassTask task, int seed, IReadOnlyList<ModelSpec> models, double initStd, ulong which = 0) =>
        new([.. models.Select(model => Identity(task, model.Hidden) | which)], unchecked((uint)seed), (float)initStd);

    /// <summary>What random numbers of a model belong to, besides the seed.</summary>
    internal static ulong Identity(ClassTask task, int hidden) => ((ulong)task.Identity << 32) | (uint)hidden;

    private static EpochMetrics ToMetrics(EpochTotals totals)
    {
        var counts = ClassFigures.Of([.. totals.Classes.Select(own =>
            new Confusion(own.TruePositives, own.FalsePositives, own.FalseNegatives, totals.Images))]);
        return new EpochMetrics
        {
            Loss = totals.Loss / totals.Images,
            Accuracy = counts.Accuracy,
            Precision = counts.Precision,
            Recall = counts.Recall,
            F1 = counts.F1,
        };
    }

    /// <summary>Images for evaluation, on the cohort's device, with their labels; the caller disposes of them.</summary>
    public (DeviceImages Device, byte[] Labels) Upload(ReadOnlySpan<int> images)
    {
        SplitImages gathered = SplitImages.Gather(Data, Split.Task, images);
        return (Upload(gathered, Form), gathered.Labels);
    }

    /// <summary>
    /// Any images for evaluation, in the form that suits them: noise leaves no zeros to skip. The caller disposes of them.
    /// </summary>
    internal DeviceImages Upload(SplitImages images) => Upload(images, FormOf(images));

    private KernelForm FormOf(SplitImages images) => CohortImages.FormOf(_device.SkipsZeroPixels, images);

    /// <summary>In a form of the caller's choice.</summary>
    internal DeviceImages Upload(SplitImages images, KernelForm form) =>
        new(_device, CohortImages.OnHost(ImageTarget.Of(_device), images, Data.Inputs, form));
}
