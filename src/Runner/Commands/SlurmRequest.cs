using System.Text.RegularExpressions;
using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Runner.Cluster;

namespace GpuMlp.Runner.Commands;

/// <summary>What a <c>gpumlp slurm</c> asks for, checked.</summary>
/// <param name="DescribesScripts">Whether any flag says what the scripts hold; else those that are there stay.</param>
/// <param name="MaxArraySize">Null: the cluster is asked.</param>
internal sealed partial record SlurmRequest(
    SbatchSettings Settings, bool DescribesScripts, string? Executable, int? MaxArraySize, bool Check, bool Submit, bool Missing)
{
    // As in Slurm's own examples; a unit is meant to take less.
    private const int DefaultNotice = 120;

    // Of --signal.
    private const int MostNotice = 65535;

    /// <exception cref="UserErrorException">A value that cannot be; names the flag.</exception>
    public static SlurmRequest From(SlurmCommand.Options options)
    {
        if (options.Check && options.Submit)
        {
            throw new UserErrorException("--check: submits nothing; give either --check or --submit.");
        }

        string?[] script =
        [
            options.Partition, options.Account, options.Time, options.Memory, options.Cpus, options.Gres, options.MaxParallel,
            options.Notice,
            options.SbatchArgs, options.Device, options.Executable,
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
            options.Device is null ? null : DeviceRequest.Parse("--device", options.Device).ToString(),
            Extra(options.SbatchArgs));
        return new SlurmRequest(
            settings, script.Any(value => value is not null), ProgramOf(options.Executable),
            Whole(options.MaxArraySize, "--max-array-size", 1, int.MaxValue),
            options.Check, options.Submit, options.Missing);
    }

    private static string? Word(string? value, string flag) =>
        value is null || !value.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ? value
        : throw new UserErrorException($"{flag}: '{OneLine.Of(value)}' must be a value without blanks.");

    /// <summary>
    /// Options of sbatch: long names may stand without their dashes (with them a whole value would be taken for a flag of
    /// ours), and a word without '=' belongs to an option with dashes before it that has no value yet.
    /// </summary>
    private static (string Option, string? Value)[] Extra(string? text)
    {
        List<(string Option, string? Value)> options = [];
        bool open = false;
        foreach (string word in Quoting.Split(text ?? "")
            ?? throw new UserErrorException(
                $"--sbatch-args: '{OneLine.Of(text!)}' has an open quote; it must be words such as \"qos=low comment='two words'\""))
        {
            bool isDashed = word.StartsWith('-');
            if (open && !isDashed && !word.Contains('='))
            {
                options[^1] = (options[^1].Option, word);
                open = false;
                continue;
            }

            string[] parts = word.StartsWith('-') && !word.StartsWith("--", StringComparison.Ordinal)
                ? ShortOption(word)
                : word.Split('=', 2);
            string option = isDashed ? parts[0] : $"--{parts[0]}";
            if (!OptionName().IsMatch(option))
            {
                throw new UserErrorException(
                    $"--sbatch-args: '{OneLine.Of(word)}' must be an option of sbatch, as in \"qos=low constraint=a100\"");
            }

            options.Add((option, parts.Length > 1 ? parts[1] : null));
            open = isDashed && parts.Length == 1;
        }

        return [.. options];
    }

    // -N2 is -N 2.
    private static string[] ShortOption(string word) => word.Length > 2 ? [word[..2], word[2..]] : [word];

    /// <summary>Bash is to read it, with its variables; but it must stay one command on one line that takes arguments behind it.</summary>
    private static string? ProgramOf(string? text) =>
        text is null || (!Quoting.HasControl(text) && OneCommand().IsMatch(text)) ? text
        : throw new UserErrorException(
            $"--program: '{OneLine.Of(text)}' must be words that start a program, quoted where they hold blanks or any of ; "
                + "& | < > ( ) # `, as in \"srun gpumlp\"");

    private static int? Whole(string? value, string flag, int least, int most)
        => value is null ? null : ListFlags.Whole(flag, value, least, most);

    [GeneratedRegex(@"\A(?:--[A-Za-z0-9][A-Za-z0-9-]*|-[A-Za-z0-9])\z")]
    private static partial Regex OptionName();

    // No backquote or $( anywhere but in single quotes: it would be a command of its own.
    [GeneratedRegex(@"\A(?:[^'""\\;&|<>()#`]|\\.|'[^']*'|""(?:[^""\\`$]|\\.|\$(?!\())*"")+\z")]
    private static partial Regex OneCommand();
}
