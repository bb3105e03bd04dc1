using GpuMlp.Kernels.Memory;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuMlp.Peers;

/// <summary>
/// Models by libtorch, without autograd: its formulas written out and its updates in place, which is faster than what it
/// derives itself. Loss and counts, which GpuMlp's epoch includes, are left out, in libtorch's favour.
/// </summary>
internal sealed class TorchCohort
{
    private readonly Tensor _b1, _output, _mask, _b2;

    /// <param name="models">Side by side as the columns of one wide layer; one model is a cohort too.</param>
    public TorchCohort(IReadOnlyList<ModelParameters> models)
    {
        int columns = models.Sum(model => model.B1.Length), inputs = models[0].W1.Length / models[0].B1.Length;
        float[] w1 = new float[inputs * columns], b1 = new float[columns];
        float[] output = new float[columns * models.Count], mask = new float[output.Length];
        int first = 0;
        for (int m = 0; m < models.Count; m++)
        {
            int hidden = models[m].B1.Length;
            for (int d = 0; d < inputs; d++)
                models[m].W1.AsSpan(d * hidden, hidden).CopyTo(w1.AsSpan((d * columns) + first));
            models[m].B1.CopyTo(b1, first);
            for (int h = 0; h < hidden; h++)
            {
                output[((first + h) * models.Count) + m] = models[m].W2[h];
                mask[((first + h) * models.Count) + m] = 1;
            }
            first += hidden;
        }
        W1 = tensor(w1).reshape(inputs, columns);
        _b1 = tensor(b1);
        _output = tensor(output).reshape(columns, models.Count);
        _mask = tensor(mask).reshape(columns, models.Count);
        _b2 = tensor(models.Select(model => model.B2[0]).ToArray());
    }

    /// <summary>[D, C].</summary>
    public Tensor W1 { get; }

    /// <summary>Logits [N, M] of images [N, D].</summary>
    public Tensor Forward(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        return addmm(_b2, Hidden(images).relu_(), _output, 1, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Logits [M, N] with W1 transposed as CSR [C, D] and images transposed [D, N].</summary>
    public Tensor ForwardSparse(Tensor weights, Tensor imagesTransposed)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor hidden = mm(weights, imagesTransposed).add_(_b1.unsqueeze(1)).relu_();
        return addmm(_b2.unsqueeze(1), _output.t(), hidden, 1, 1).MoveToOuterDisposeScope();
    }

    /// <summary>One full-batch epoch of gradient descent.</summary>
    /// <param name="images">[N, D], dense or CSR.</param>
    /// <param name="transposed">The same transposed; a view where it is dense.</param>
    /// <param name="labels">[N, 1].</param>
    /// <param name="sparse">Whether the images are CSR.</param>
    public void Epoch(Tensor images, Tensor transposed, Tensor labels, float rate, bool sparse = false)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor z = Hidden(images, sparse), active = z.relu();
        Tensor d2 = addmm(_b2, active, _output, 1, 1).sigmoid_().sub_(labels).div_(labels.shape[0]);
        Tensor d1 = mm(d2, _output.t()).mul_(z.gt(0));
        W1.add_(mm(transposed, d1), -rate);
        _b1.add_(d1.sum(0), -rate);
        _output.add_(mm(active.t(), d2).mul_(_mask), -rate);
        _b2.add_(d2.sum(0), -rate);
    }

    // A product that adds its start takes no CSR operand on the left.
    private Tensor Hidden(Tensor images, bool sparse = false) => sparse ? mm(images, W1).add_(_b1) : addmm(_b1, images, W1, 1, 1);
}
