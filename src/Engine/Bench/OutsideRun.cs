using GpuMlp.Kernels.Memory;
using ILGPU;
using ILGPU.Algorithms.MatrixOperations;
using ILGPU.Runtime;

using Matrix = ILGPU.Runtime.MemoryBuffer2D<float, ILGPU.Stride2D.DenseY>;
using SparseWeights = ILGPU.Algorithms.MatrixOperations.SparseMatrixView<float, ILGPU.Stride2D.General>;

namespace GpuMlp.Engine.Bench;

/// <summary>
/// The outside baseline: X W1 by the sparse multiplier of ILGPU.Algorithms, W1 of all models side by side as its sparse
/// operand. It has neither bias nor output layer, which favours it a little; a test of the results adds both.
/// </summary>
internal sealed class OutsideRun : FormRun
{
    private const int Conversions = 3;

    private readonly OutsideDevice _device;
    private readonly BenchProblem _problem;
    private readonly Matrix _pixels, _product;
    private readonly List<MemoryBuffer> _operands = [];
    private readonly SparseWeights _weights;

    public OutsideRun(OutsideDevice device, BenchProblem problem)
    {
        _device = device;
        _problem = problem;
        Accelerator accelerator = device.Accelerator;
        int columns = problem.Models.Sum(model => model.B1.Length), inputs = problem.Inputs, images = problem.Images.Count;
        var pixels = new float[images, inputs];
        for (int n = 0; n < images; n++)
        {
            for (int d = 0; d < inputs; d++)
                pixels[n, d] = problem.Images.Pixels[(n * inputs) + d] / 255f;
        }
        _pixels = accelerator.Allocate2DDenseY(pixels);
        _product = accelerator.Allocate2DDenseY<float>((images, columns));

        using Matrix dense = accelerator.Allocate2DDenseY(Transposed(problem.Models, columns, inputs));
        var times = new List<double>();
        for (int run = 0; run < Conversions; run++)
        {
            FreeOperands();
            SparseWeights converted = default;
            times.Add(Time(device.Stream, () => converted = Convert(dense, columns)));
            _weights = converted;
        }
        ConversionMs = times;
    }

    public override BenchForm Form => BenchForm.Outside;

    public override double Call(BenchOp op) => Time(
        _device.Stream, () => _device.Multiply(_device.Stream, default, _pixels.View.AsGeneral(), _weights, _product.View.AsGeneral()));

    public override BenchOutput Read(BenchOp op)
    {
        float[,] product = _product.GetAsArray2D(_device.Stream);
        var products = new float[_problem.Models.Count][];
        int first = 0, images = _problem.Images.Count;
        for (int m = 0; m < products.Length; m++)
        {
            int hidden = _problem.Models[m].B1.Length;
            products[m] = new float[images * hidden];
            for (int n = 0; n < images; n++)
            {
                for (int h = 0; h < hidden; h++)
                    products[m][(n * hidden) + h] = product[n, first + h];
            }
            first += hidden;
        }
        return BenchOutput.OfProducts(products);
    }

    public override void Dispose()
    {
        FreeOperands();
        _pixels.Dispose();
        _product.Dispose();
    }

    private void FreeOperands()
    {
        foreach (MemoryBuffer buffer in _operands)
            buffer.Dispose();
        _operands.Clear();
    }

    private SparseWeights Convert(Matrix dense, int columns)
    {
        Accelerator accelerator = _device.Accelerator;
        ArrayView2D<float, Stride2D.General> view = dense.View.AsGeneral();
        MemoryBuffer1D<int, Stride1D.Dense> counts = accelerator.Allocate1D<int>(columns);
        _operands.Add(counts);
        SparseMatrixShapeView<Stride2D.General> shape = _device.Shape(
            _device.Stream, view, new FloatEpsPredicate<Stride2D.General>(view, 0f), counts.View, most =>
            {
                // A matrix without any entry still needs memory behind its views.
                MemoryBuffer2D<int, Stride2D.DenseY> neighbors = accelerator.Allocate2DDenseY<int>((columns, Math.Max(most, 1)));
                _operands.Add(neighbors);
                return neighbors.View.AsGeneral();
            });
        Matrix values = accelerator.Allocate2DDenseY<float>((columns, shape.Neighbors.Extent.Y));
        _operands.Add(values);
        return _device.Convert(_device.Stream, view, shape, values.View.AsGeneral());
    }

    private static float[,] Transposed(IReadOnlyList<ModelParameters> models, int columns, int inputs)
    {
        var weights = new float[columns, inputs];
        int first = 0;
        foreach (ModelParameters model in models)
        {
            int hidden = model.B1.Length;
            for (int d = 0; d < inputs; d++)
            {
                for (int h = 0; h < hidden; h++)
                    weights[first + h, d] = model.W1[(d * hidden) + h];
            }
            first += hidden;
        }
        return weights;
    }
}
