using System.Security.Cryptography;
using System.Text;
using GpuMlp.Engine;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Runs;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Runner.Cluster;

namespace GpuMlp.Runner.Pictures;

/// <summary>Where a picture that somebody asks for goes: never over a file of a run.</summary>
internal static class PictureFile
{
    // A file system takes names of 255 bytes, of which a temporary name needs some 40.
    private const int LongestName = 180, LongestList = 36, HashDigits = 8;

    // Where a run has its own files alone; in the folder of pictures there may be others.
    private static readonly string[] s_closed = [.. OwnFolders.Names.Where(name => name != RunPictures.Folder), SbatchScripts.LogFolder];

    /// <summary>
    /// A name that tells everything that makes the picture: <c>4v9-s42-h24-lr0.03-examples-gradient-layer-0.95.png</c>. Long
    /// lists become their ends and a hash. It has a rate, which the names of <see cref="RunPictures"/> have not.
    /// </summary>
    /// <param name="images">Numbers; null for what <paramref name="which"/> says.</param>
    public static string Name(
        SavedModels models,
        IReadOnlyList<int>? images,
        string which,
        SaliencyMethod method,
        IReadOnlyList<PruneMethod> pruning,
        IReadOnlyList<double> sparsity,
        int? ofClass = null)
    {
        string sizes = List(models.Models.Select(model => $"{model.Hidden}"));
        string rate = NumberText.Number(models.Models[0].LearningRate);
        string training = models.Training.Suffix + (models.Variant is { } variant ? $"-{variant.Name}" : "");
        string shown = images is null ? which : "i" + List(images.Select(image => $"{image}"));
        string levels = sparsity.Count == 0 ? "dense"
            : $"{string.Join('-', pruning.Select(method => method.Name))}-{List(sparsity.Select(NumberText.Number))}";
        string maps = method.Name + (ofClass is { } one ? $"-c{one}" : "");
        string name = $"{models.Task}-s{models.Seed}-h{sizes}-lr{rate}{training}-{shown}-{maps}-{levels}";
        return (name.Length <= LongestName ? name : $"{name[..(LongestName - HashDigits - 1)]}-{Hash(name)}") + ".png";
    }

    /// <exception cref="UserErrorException">The path is one that belongs to a run, this or another one.</exception>
    public static void RefuseRunFiles(RunDirectory run, string path)
    {
        // The folder of pictures may be a link to one that is in no run.
        string real = Real(path), pictures = Real(RunPictures.PathOf(run, ""));
        bool isOwn = Same(Path.GetDirectoryName(real) ?? "", pictures) && IsPictureOf(run.Path, Path.GetFileName(real));
        if (isOwn || BelongsToRun(Path.GetFullPath(path)) || BelongsToRun(real))
        {
            throw new UserErrorException(
                $"--out: {path} is a place for a run's own files; it must be outside of the run, or another name in "
                + Path.Combine(run.Path, RunPictures.Folder));
        }
    }

    private static bool BelongsToRun(string full)
    {
        for (string? folder = Path.GetDirectoryName(full); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            // Other programs have a plan.json too, but no units.
            if (!File.Exists(Path.Combine(folder, "plan.json")) || !Directory.Exists(Path.Combine(folder, "units")))
                continue;
            string[] parts = Path.GetRelativePath(folder, full).Split(Path.DirectorySeparatorChar);
            bool belongs = parts.Length == 1 ? !Same(Path.GetExtension(full), ".png")
                : s_closed.Any(name => Same(name, parts[0])) || (Same(parts[0], RunPictures.Folder) && IsPictureOf(folder, parts[^1]));
            if (belongs)
                return true;
        }

        return false;
    }

    private static bool IsPictureOf(string folder, string name)
    {
        try
        {
            return RunPictures.Names(RunDirectory.Open(folder).Plan).Any(own => Same(own, name));
        }
        catch (UserErrorException)
        {
            // No plan that can be read: what its pictures are cannot be known.
            return true;
        }
    }

    /// <summary>The full path with every link followed, as far as it exists.</summary>
    private static string Real(string path)
    {
        string full = Path.GetFullPath(path), real = Path.GetPathRoot(full)!;
        foreach (string part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (new FileInfo(real).LinkTarget is { } target)
                real = Real(Path.Combine(Path.GetDirectoryName(real)!, target));
        }

        return real;
    }

    // Some file systems do not tell A from a.
    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private static string List(IEnumerable<string> items)
    {
        string[] all = [.. items];
        string text = string.Join('-', all);
        return text.Length <= LongestList ? text : $"{all[0]}-to-{all[^1]}-{Hash(text)}";
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashDigits];
}
