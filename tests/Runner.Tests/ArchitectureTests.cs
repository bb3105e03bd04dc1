using System.Reflection;
using System.Text.RegularExpressions;
using GpuMlp.Tests;
using NetArchTest.Rules;
using Xunit;

namespace GpuMlp.Runner.Tests;

/// <summary>The rooms of the command line and the one way in which they may refer to each other: down this list, never up.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "GpuMlp.Runner";

    private static readonly Assembly s_runner = typeof(Program).Assembly;

    // The root has the way in, which knows commands; everything else is below these.
    private static readonly string[] s_rooms
        = ["", "Commands", "Verbs", "Report", "Plots", "Pictures", "Cluster", "Progress", "Tables", "Streams"];

    public static TheoryData<string> Rooms { get; } = [.. s_rooms];

    [Fact]
    public void Every_type_is_in_a_room_of_the_list() =>
        Assert.Equal(
            s_rooms.Select(Space).Order(StringComparer.Ordinal),
            s_runner.GetTypes().Select(type => type.Namespace).OfType<string>()
                .Where(space => space.StartsWith(Root, StringComparison.Ordinal))
                .Distinct()
                .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_refers_to_rooms_below_it_alone(string room)
    {
        string[] above = [.. s_rooms.TakeWhile(other => other != room).Select(Space)];

        // By the names of types: the root's own is the beginning of all others.
        string[] forbidden = [.. s_runner.GetTypes().Where(type => above.Contains(type.Namespace)).Select(type => type.FullName!)];
        Assert.Equal(
            [],
            Types.InAssembly(s_runner).That().ResideInNamespaceMatching($"^{Regex.Escape(Space(room))}$")
                .ShouldNot().HaveDependencyOnAny(forbidden).GetResult().FailingTypes.Select(type => type.FullName).Distinct());
    }

    /// <summary>The build holds code to it (RCS0056 of .editorconfig), but looks at no comment.</summary>
    [Fact]
    public void No_line_of_source_is_longer_than_140_columns()
    {
        string[] files = [.. new[] { "src", "tests", "perf", "tools" }.SelectMany(
            folder => Directory.EnumerateFiles(Checkout.PathOf(folder), "*.cs", SearchOption.AllDirectories))];
        Assert.True(files.Length > 500);
        Assert.Equal([], files.SelectMany(file => File.ReadLines(file).Select((line, i) => (line.Length, Place: $"{file}:{i + 1}")))
            .Where(line => line.Length > 140).Select(line => line.Place));
    }

    [Fact]
    public void Arrows_between_projects_go_down()
    {
        string[] engine = [.. typeof(Engine.UserErrorException).Assembly.GetReferencedAssemblies().Select(name => name.Name!)];
        string[] kernels = [.. typeof(Kernels.Devices.ComputeDevice).Assembly.GetReferencedAssemblies().Select(name => name.Name!)];
        Assert.DoesNotContain("gpumlp", engine);
        Assert.Contains(typeof(Kernels.Devices.ComputeDevice).Assembly.GetName().Name, engine);
        Assert.DoesNotContain(typeof(Engine.UserErrorException).Assembly.GetName().Name, kernels);
        Assert.DoesNotContain("gpumlp", kernels);
    }

    private static string Space(string room) => room.Length == 0 ? Root : $"{Root}.{room}";
}
