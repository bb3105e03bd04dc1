using GpuMlp.Engine.Data;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Runs;

/// <summary>The data of a run that exists.</summary>
public static class RunData
{
    /// <summary>Loads the data that a plan was made for, whoever has moved them.</summary>
    /// <param name="folder">What <c>--data</c> says: where they are on this machine; null for where they were for the planner.</param>
    /// <exception cref="UserErrorException">They are not there, or not the same.</exception>
    public static Dataset Load(Plan plan, string? folder)
    {
        Dataset data = DatasetLoader.Load(folder is null ? plan.Spec.Request : plan.Spec.Request with { Source = folder });
        if (data.Sha256 != plan.DataSha256)
        {
            throw new UserErrorException(
                $"--data: {folder ?? plan.Spec.Data} holds other data (SHA-256 {data.Sha256[..12]}) than the plan was made for "
                + $"({plan.DataSha256[..12]}); they must be the same");
        }

        // A copy of the embedded data must be a whole one.
        bool isCopy = folder is not null && plan.Spec.Data == SweepSpec.EmbeddedName;
        string? test = isCopy ? DatasetLoader.Load(null).Test?.Sha256 : plan.TestSha256;
        return plan.Spec.Data == SweepSpec.EmbeddedName && !isCopy || data.Test?.Sha256 == test
            ? data
            : throw new UserErrorException(
                $"--data: {folder ?? plan.Spec.Data} holds {Test(data.Test?.Sha256)}, the plan was made for {Test(test)}; "
                + "they must be the same");

        static string Test(string? sha256) => sha256 is null ? "no test files (t10k)" : $"test files (t10k) of SHA-256 {sha256[..12]}";
    }
}
