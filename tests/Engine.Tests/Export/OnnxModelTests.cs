using GpuMlp.Engine.Export;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GpuMlp.Engine.Tests.Export;

public sealed class OnnxModelTests
{
    [Theory]
    [InlineData(12, 5, 3, 1)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(784, 64, 17, 1)]
    [InlineData(784, 64, 17, 10)]
    [InlineData(9, 5, 4, 2)]
    public void Another_runtime_computes_the_same_logits_and_probabilities(int inputs, int hidden, int images, int outputs)
    {
        var random = new Random(7);
        float[] Values(int count, double scale)
            => [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * random.NextDouble()) - 1)))];
        var model = new ModelParameters(
            Values(inputs * hidden, 0.1), Values(hidden, 0.2), Values(outputs * hidden, 0.5), Values(outputs, 0.25));
        float[] pixels = [.. Enumerable.Range(0, images * inputs).Select(_ => random.Next(256) / 255f)];
        ReferenceForward expected = ReferenceMlp.Forward(ReferenceParameters.From(model), [.. pixels.Select(pixel => (double)pixel)]);

        using var session = new InferenceSession(OnnxModel.Write(model, "4v9", [("task", "4v9")]));
        var input = new DenseTensor<float>(pixels, [images, inputs]);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", input)]);

        Assert.Equal("4v9", session.ModelMetadata.CustomMetadataMap["task"]);
        Assert.Equal("GpuMlp", session.ModelMetadata.ProducerName);
        Check("logits", expected.Logits);
        Check("probabilities", expected.Probabilities);

        void Check(string name, double[] values)
        {
            Tensor<float> actual = results.Single(output => output.Name == name).AsTensor<float>();
            Assert.Equal([images, outputs], actual.Dimensions.ToArray());

            // Rounding of two sums of D and H terms of order 1, in another order than ours.
            double tolerance = (inputs + hidden + 8) * Math.Pow(2, -24) * (1 + values.Max(Math.Abs)) * Math.Sqrt(inputs);
            for (int at = 0; at < values.Length; at++)
            {
                float value = actual[at / outputs, at % outputs];
                Assert.True(Math.Abs(value - values[at]) <= tolerance, $"{name}[{at}]: {value:R}, expected {values[at]:R}");
            }
        }
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes()
    {
        var model = new ModelParameters([1, 2, 3, 4], [5, 6], [7, 8], [9]);
        Assert.Equal(OnnxModel.Write(model, "a", [("x", "y")]), OnnxModel.Write(model, "a", [("x", "y")]));
    }
}
