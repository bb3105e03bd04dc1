using System.Reflection;
using GpuMlp.Kernels.Launching;
using NetArchTest.Rules;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>The rooms of Kernels and the one way in which they may refer to each other: down this list, never up.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "GpuMlp.Kernels";

    private static readonly Assembly s_kernels = typeof(Operation).Assembly;

    // Rooms on one line do not know each other. The root has the catalogue, which knows all operations and is known to verification alone.
    private static readonly string[][] s_floors =
    [
        ["Numerics"],
        ["Devices"],
        ["Memory"],
        ["Launching"],
        ["Products"],
        ["Products.Digits"],
        ["Training.Losses", "Training.Optimisers"],
        ["Training", "Analyses.Evaluation", "Analyses.Pruning", "Analyses.Corruptions", "Analyses.Saliency", "Analyses.Tsne", "Peak"],
        ["Analyses.Similarity"],
        ["Reference"],
        [""],
        ["Verification"],
    ];

    public static TheoryData<string> Rooms => [.. s_floors.SelectMany(floor => floor)];

    [Fact]
    public void Every_type_is_in_a_room_of_the_list() =>
        Assert.Equal([], s_kernels.GetTypes().Select(type => type.Namespace).OfType<string>()
            .Where(space => space.StartsWith(Root, StringComparison.Ordinal))
            .Distinct()
            .Except(s_floors.SelectMany(floor => floor).Select(Space)));

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_refers_to_rooms_below_it_alone(string room)
    {
        int own = Array.FindIndex(s_floors, floor => floor.Contains(room));
        string[] above = [.. s_floors.Skip(own).SelectMany(floor => floor).Where(other => other != room)];
        List<string> wrong = [];
        foreach (string other in above)
        {
            // The root's name is the beginning of all others.
            string[] types = [.. s_kernels.GetTypes().Where(type => type.Namespace == Space(other)).Select(type => type.FullName!)];
            PolicyResult(room, types).ForEach(type => wrong.Add($"{type} -> {(other.Length == 0 ? "the root" : other)}"));
        }
        Assert.Equal([], wrong);
    }

    private static List<string> PolicyResult(string room, string[] forbidden) => [.. Types.InAssembly(s_kernels)
        .That().ResideInNamespaceMatching($"^{System.Text.RegularExpressions.Regex.Escape(Space(room))}$")
        .ShouldNot().HaveDependencyOnAny(forbidden)
        .GetResult().FailingTypes.Select(type => type.FullName).Distinct()];

    private static string Space(string room) => room.Length == 0 ? Root : $"{Root}.{room}";
}
