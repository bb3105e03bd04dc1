using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Runner.Options;

namespace GpuMlp.Runner.Cluster;

/// <summary>What a <c>gpumlp slurm</c> asks for, checked.</summary>
/// <param name="DescribesScripts">Whether any flag says what the scripts hold; else those that are there stay.</param>
/// <param name="MaxArraySize">Null: the cluster is asked.</param>
internal sealed record SlurmRequest(
    SbatchSettings Settings, bool DescribesScripts, string? Program, int? MaxArraySize, bool Check, bool Submit, bool Missing)
{
    // As in Slurm's own examples; a unit is meant to take less.
    private const int DefaultNotice = 120;

    // Of --signal.
    private const int MostNotice = 65535;

    /// <exception cref="UserErrorException">A value that cannot be; names the flag.</exception>
    public static SlurmRequest From(SlurmOptions options)
    {
        if (options.Check && options.Submit)
        {
            throw new UserErrorException("--check: submits nothing; give either --check or --submit.");
        }

        string?[] script =
        [
            options.Partition, options.Account, options.Time, options.Memory, options.Cpus, options.Gres, options.MaxParallel, options.Notice,
            options.SbatchArgs, options.Device, options.Program,
        ];
        SbatchSettings settings = new(
            Word(options.Partition, "--partition"),
            Word(options.Account, "--account"),
            Word(options.Time, "--time"),
            Word(options.Memory, "--mem"),
            Whole(options.Cpus, "--cpus", 1, ushort.MaxValue),
            Word(options.Gres, "--gres"),
            Whole(options.MaxParallel, "--max-parallel", 1, int.MaxValue),
            Whole(options.Notice, "--notice", 1, MostNotice) ?? DefaultNotice,
            Word(options.Device, "--device"),
            Extra(options.SbatchArgs));
        return new SlurmRequest(
            settings, script.Any(value => value is not null), options.Program, Whole(options.MaxArraySize, "--max-array-size", 1, int.MaxValue),
            options.Check, options.Submit, options.Missing);
    }

    // A line break would begin a line of the script.
    private static string? Word(string? value, string flag) =>
        value is null || !value.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ? value
        : throw new UserErrorException($"{flag}: a value without blanks is right.");

    // Long names of options; with their dashes they would be taken for flags of ours.
    private static string[] Extra(string? text)
    {
        string[] words = text?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return words.FirstOrDefault(word => word.Any(char.IsControl)) is { } wrong
            ? throw new UserErrorException($"--sbatch-args: '{wrong.ReplaceLineEndings(" ")}' is no argument of sbatch; write for example --sbatch-args \"qos=low constraint=a100\"")
            : [.. words.Select(word => word.StartsWith('-') ? word : $"--{word}")];
    }

    private static int? Whole(string? value, string flag, int least, int most) =>
        value is null ? null
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number
        : throw new UserErrorException($"{flag}: '{value}' is not a whole number {(most == int.MaxValue ? $"from {least}" : $"from {least} to {most}")}.");
}
