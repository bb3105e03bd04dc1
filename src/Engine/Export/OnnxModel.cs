using System.Runtime.InteropServices;
using Google.Protobuf;
using GpuMlp.Engine.Export.Onnx;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Export;

/// <summary>
/// One model as an ONNX graph: <c>images</c> [N, D] float32, pixel / 255, to <c>logits</c> [N, O] and <c>probabilities</c> [N, O]: with
/// one logit its sigmoid, the probability of the task's second class; else the softmax, one a class. N is free.
/// </summary>
/// <remarks>images W1 + b1, Relu, w2 + b2, Sigmoid or Softmax: operators that every version since 13 has in the same form.</remarks>
public static class OnnxModel
{
    private const int Float32 = 1, IrVersion = 8, OperatorSet = 13;

    /// <summary>The bytes of a file; the same for the same arguments.</summary>
    /// <param name="model">W1 row-major [D, H], b1 [H], w2 [O, H], b2 [O].</param>
    /// <param name="name">Of the graph.</param>
    /// <param name="metadata">Stands in the file in this order.</param>
    public static byte[] Write(ModelParameters model, string name, IReadOnlyList<(string Key, string Value)> metadata)
    {
        int hidden = model.Hidden, inputs = model.W1.Length / hidden, outputs = model.Outputs;
        var graph = new GraphProto { Name = name };
        graph.Input.Add(Value("images", inputs));
        graph.Output.Add(Value("logits", outputs));
        graph.Output.Add(Value("probabilities", outputs));
        graph.Initializer.Add(Tensor("w1", model.W1, inputs, hidden));
        graph.Initializer.Add(Tensor("b1", model.B1, hidden));
        graph.Initializer.Add(Tensor("w2", ByUnit(model), hidden, outputs));
        graph.Initializer.Add(Tensor("b2", model.B2, outputs));
        graph.Node.Add(Node("MatMul", "hidden_product", "images", "w1"));
        graph.Node.Add(Node("Add", "z", "hidden_product", "b1"));
        graph.Node.Add(Node("Relu", "activations", "z"));
        graph.Node.Add(Node("MatMul", "output_product", "activations", "w2"));
        graph.Node.Add(Node("Add", "logits", "output_product", "b2"));
        graph.Node.Add(Node(outputs == 1 ? "Sigmoid" : "Softmax", "probabilities", "logits"));

        var file = new ModelProto { IrVersion = IrVersion, ProducerName = "GpuMlp", Graph = graph };
        file.OpsetImport.Add(new OperatorSetIdProto { Version = OperatorSet });
        file.MetadataProps.AddRange(metadata.Select(pair => new StringStringEntryProto { Key = pair.Key, Value = pair.Value }));
        return file.ToByteArray();
    }

    // From [O, H] to [H, O], as a product takes it.
    private static float[] ByUnit(ModelParameters model)
    {
        var turned = new float[model.W2.Length];
        for (int k = 0; k < model.Outputs; k++)
        {
            for (int h = 0; h < model.Hidden; h++)
                turned[(h * model.Outputs) + k] = model.W2[(k * model.Hidden) + h];
        }
        return turned;
    }

    private static NodeProto Node(string operation, string output, params string[] inputs)
    {
        var node = new NodeProto { OpType = operation, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    // [N, width] with a free N.
    private static ValueInfoProto Value(string name, int width)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "N" });
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width });
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = Float32, Shape = shape } },
        };
    }

    private static TensorProto Tensor(string name, float[] values, params long[] shape)
    {
        // The format is little endian, as every platform is that this runs on.
        var tensor = new TensorProto
        {
            Name = name,
            DataType = Float32,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values))
        };
        tensor.Dims.AddRange(shape);
        return tensor;
    }
}
