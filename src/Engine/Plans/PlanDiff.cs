using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>One field that differs between two plans, as text.</summary>
public readonly record struct PlanChange(string Field, string Old, string New)
{
    public override string ToString() => $"{Field}: {Old} -> {New}";
}

/// <summary>Tells people what differs between two plans.</summary>
public static class PlanDiff
{
    /// <summary>The fields of spec, data and pictures that differ, in the order of plans; lines such as <c>epochs: 100 -> 50</c>.</summary>
    public static IReadOnlyList<PlanChange> Between(Plan old, Plan @new) =>
    [
        .. Changes(AnalysisList.Fields, old.Spec, @new.Spec),
        .. old.DataSha256 == @new.DataSha256 ? [] : new[] { new PlanChange("data sha256", Short(old.DataSha256), Short(@new.DataSha256)) },
        .. old.TestSha256 == @new.TestSha256 ? []
            : new[] { new PlanChange("test data sha256", Short(old.TestSha256 ?? "none"), Short(@new.TestSha256 ?? "none")) },
        .. Changes(PictureChoice.Fields, old.Pictures, @new.Pictures),
    ];

    private static IEnumerable<PlanChange> Changes<TOwner>(IReadOnlyList<Field<TOwner>> fields, TOwner old, TOwner @new)
        where TOwner : new() =>
        from field in fields
        where field.PartOf is null && !field.Same(old, @new)
        select new PlanChange(field.Name, field.Show(old), field.Show(@new));

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
