using System.Reflection;
using System.Text.RegularExpressions;
using NetArchTest.Rules;

namespace GpuMlp.Engine.Tests;

/// <summary>The rooms of Engine and the one way in which they may refer to each other: down this list, never up.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "GpuMlp.Engine";

    private static readonly Assembly s_engine = typeof(UserErrorException).Assembly;

    // Rooms on one line do not know each other. The root has what every room needs: errors and text.
    private static readonly string[][] s_floors =
    [
        [""],
        ["Files"],
        ["Data", "Statistics", "Tables"],
        ["Fields", "Evaluation"],
        ["Models"],
        ["Methods"],
        ["Specs"],
        ["Training"],
        ["Analyses.Contract"],
        ["Analyses.Pruning", "Analyses.Embedding", "Analyses.Robustness", "Analyses.Similarity", "Analyses.Predictions"],
        ["Analyses.Tickets"],
        ["Analyses", "Devices"],
        ["Plans"],
        ["Runs"],
        ["Sweeps", "Study", "Bench", "Comparison", "Export.Onnx"],
        ["Study.Claims", "Export"],
        ["Explanations", "Library"],
    ];

    public static TheoryData<string> Rooms => [.. s_floors.SelectMany(floor => floor)];

    [Fact]
    public void Every_type_is_in_a_room_of_the_list() => Assert.Equal(
        s_floors.SelectMany(floor => floor).Select(Space).Order(StringComparer.Ordinal),
        s_engine.GetTypes().Select(type => type.Namespace).OfType<string>().Where(space => space.StartsWith(Root, StringComparison.Ordinal))
            .Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_refers_to_rooms_below_it_alone(string room)
    {
        int own = Array.FindIndex(s_floors, floor => floor.Contains(room));
        string[] others = [.. s_floors.Skip(own).SelectMany(floor => floor).Where(other => other != room)];
        Assert.Equal([], others.SelectMany(other => Offenders(room, other)));
    }

    // By the names of types: a room's own name may be the beginning of another's.
    private static IEnumerable<string> Offenders(string room, string other)
    {
        string[] types = [.. s_engine.GetTypes().Where(type => type.Namespace == Space(other)).Select(type => type.FullName!)];
        return Types.InAssembly(s_engine).That().ResideInNamespaceMatching($"^{Regex.Escape(Space(room))}$")
            .ShouldNot().HaveDependencyOnAny(types).GetResult().FailingTypes
            .Select(type => $"{type.FullName} -> {other}").Distinct();
    }

    private static string Space(string room) => room.Length == 0 ? Root : $"{Root}.{room}";
}
