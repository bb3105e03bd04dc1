using System.Reflection;
using System.Text.RegularExpressions;
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
