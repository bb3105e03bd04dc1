namespace GpuMlp.Engine.Study.Claims;

/// <summary>The claims of the study, judged by a run.</summary>
public static class ClaimList
{
    /// <summary>C1 to C7, in order; the numbers decide, by the rules in <see cref="Rules"/> that each check states.</summary>
    public static IReadOnlyList<Claim> Judge(StudyTables tables) =>
    [
        CapacityClaim.Judge(tables),
        PruningClaim.Judge(tables),
        DeadUnitClaim.Judge(tables),
        RobustnessClaim.Judge(tables),
        SaliencyClaim.Judge(tables),
        EmbeddingClaim.Judge(tables),
        RateClaim.Judge(tables),
    ];
}
