using System.Globalization;
using System.Security.Cryptography;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Bench;

/// <summary>Which weights a model file leaves: its tensors <c>w1</c> [D, H] and <c>w2</c> [H] are not 0 there.</summary>
/// <param name="Path">As the user wrote it.</param>
/// <param name="Sha256">Of the file, lower case.</param>
/// <param name="Hidden">H.</param>
public sealed record MaskFile(string Path, string Sha256, int Hidden, ModelMask Mask)
{
    private const string W1 = "w1", W2 = "w2";

    /// <summary>Share of the weights of both layers that are pruned, 0..1.</summary>
    public double Sparsity { get; }
        = (double)(Mask.W1.Count(kept => !kept) + Mask.W2.Count(kept => !kept)) / (Mask.W1.Length + Mask.W2.Length);

    /// <param name="flag">For messages.</param>
    /// <param name="paths">At least one.</param>
    /// <param name="inputs">D that the masks must have.</param>
    /// <exception cref="UserErrorException">See <see cref="Read"/>; or two files of the same size and share.</exception>
    public static IReadOnlyList<MaskFile> ReadAll(string flag, IReadOnlyList<string> paths, int inputs)
    {
        MaskFile[] files = [.. paths.Select(path => Read(flag, path, inputs))];
        IGrouping<(int Hidden, double Sparsity), MaskFile>? same = files.GroupBy(file => (file.Hidden, file.Sparsity))
            .FirstOrDefault(group => group.Count() > 1);
        return same is null
            ? files
            : throw new UserErrorException(string.Create(
                CultureInfo.InvariantCulture,
                $"{flag}: {string.Join(" and ", same.Select(file => file.Path))} have the same size and prune the same share of weights "
                    + $"({same.Key.Sparsity:0.####}), so their rows could not be told apart; must be one of them a bench"));
    }

    /// <param name="flag">For messages.</param>
    /// <param name="path">A safetensors file with both tensors as float32; others in it are not looked at.</param>
    /// <param name="inputs">D that the mask must have.</param>
    /// <exception cref="UserErrorException">One line with the flag, the file, what is in it and what would be right.</exception>
    public static MaskFile Read(string flag, string path, int inputs)
    {
        string right = $"{W1} [{inputs}, H] and {W2} [H] as float32 in safetensors must be there, as gpumlp export writes them";
        if (Directory.Exists(path))
            throw new UserErrorException($"{flag}: {path}: a folder; a file with {right}");
        try
        {
            using var file = Safetensors.Open(path, right);
            TensorInfo[] tensors = [.. new[] { W1, W2 }.Select(name => file.Tensors.FirstOrDefault(tensor => tensor.Name == name)
                ?? throw new UserErrorException($"{path}: no tensor {name} in it; {right}"))];
            if (tensors[0].Shape is not [var rows, >= 1 and <= SweepSpec.MaxHidden and var hidden] || rows != inputs)
            {
                throw new UserErrorException(
                    $"{path}: tensor {W1} is {Text(tensors[0])}; must be [{inputs}, H] with H from 1 to {SweepSpec.MaxHidden}");
            }

            if (tensors[1].Shape is not [var units] || units != hidden)
            {
                throw new UserErrorException(
                    $"{path}: tensor {W2} is {Text(tensors[1])}; must be [{hidden}], since {W1} is {Text(tensors[0])}");
            }

            return new MaskFile(
                path,
                Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))),
                (int)hidden,
                new ModelMask(Kept(file.Read(W1)), Kept(file.Read(W2))));
        }
        catch (UserErrorException error)
        {
            throw new UserErrorException($"{flag}: {error.Message}", error.ExitCode, error);
        }
    }

    private static string Text(TensorInfo tensor) => $"[{string.Join(", ", tensor.Shape)}]";

    private static bool[] Kept(float[] weights) => Array.ConvertAll(weights, weight => weight != 0);
}
