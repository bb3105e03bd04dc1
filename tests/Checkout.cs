namespace GpuMlp.Tests;

/// <summary>The files of the repository that tests are about or need.</summary>
internal static class Checkout
{
    private static readonly Lazy<string> s_root = new(() =>
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "GpuMlp.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("these tests belong to a checkout of the repository");
    });

    /// <param name="parts">From the root.</param>
    public static string PathOf(params string[] parts) => Path.Combine([s_root.Value, .. parts]);
}
