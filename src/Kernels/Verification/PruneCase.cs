using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>Pruning on a device beside its definition in the reference.</summary>
internal static class PruneCase
{
    public const uint Seed = 42;

    public const float InitStd = 0.1f;

    public static readonly double[] Levels = [0, 0.001, 0.0095, 0.1, 0.29, 0.5, 0.57, 0.95, 0.99, 1];

    /// <summary>Ranks once, prunes at every level and compares.</summary>
    public static void Compare(
        string name,
        DeviceKernels kernels,
        ComputeDevice device,
        DeviceCohort cohort,
        ModelParameters[] models,
        PruneMethod method)
    {
        ModelParameters[][] pruned = PruneLevels(kernels, device, cohort, method, Seed, [.. models.Select((_, m) => Identity(m))]);
        CompareWithReference(method, models, pruned, name);
    }

    public static void CompareWithReference(PruneMethod method, ModelParameters[] models, ModelParameters[][] pruned, string name = "")
    {
        for (int level = 0; level < Levels.Length; level++)
        {
            for (int m = 0; m < models.Length; m++)
            {
                ReferenceParameters expected = ReferencePruning.Prune(
                    ReferenceParameters.From(models[m]),
                    method,
                    Levels[level],
                    Identity(m),
                    Seed,
                    InitStd);
                string label = $"{name} {method} at {Levels[level]}, model {m}";
                Check.Near($"{label}: W1", expected.W1, pruned[level][m].W1, [0.0]);
                Check.Near($"{label}: w2", expected.W2, pruned[level][m].W2, [0.0]);
                Check.SameBits($"{label}: b1", models[m].B1, pruned[level][m].B1);
                Check.SameBits($"{label}: b2", models[m].B2, pruned[level][m].B2);
            }
        }
    }

    /// <summary>[level][model] of one ranking.</summary>
    public static ModelParameters[][] PruneLevels(
        DeviceKernels kernels, ComputeDevice device, DeviceCohort cohort, PruneMethod method, uint seed, ulong[] identities)
    {
        using var target = new DeviceCohort(device, cohort.Layout, Samples.Rates(identities.Length));
        using var ranks = new PruneRanks(device, cohort.Layout, new ModelOrigin(identities, seed, InitStd));
        kernels.PruneRank(cohort, ranks, method);
        return [.. Levels.Select(level =>
        {
            kernels.Prune(cohort, ranks, level, target);
            return target.Download();
        })];
    }

    public static ModelOrigin Origin(int models) => new([.. Enumerable.Range(0, models).Select(Identity)], Seed, InitStd);

    public static ulong Identity(int model) => 0x500000003UL * (ulong)(model + 1);
}
