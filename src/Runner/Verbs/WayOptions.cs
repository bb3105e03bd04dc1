using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Plans;

namespace GpuMlp.Runner.Verbs;

/// <summary>Commands about some of the ways to train that a run has: a flag for each column that tells one way from another.</summary>
internal abstract class WayOptions : RunFolderOptions
{
    public override IReadOnlyList<Flag> FieldFlags => VariantChoice.Flags(ChoiceHelp, "likewise by");

    /// <summary>What the first of the flags says; the name of its column follows.</summary>
    protected virtual string ChoiceHelp => "of the ways to train that the run has, those chosen by";

    /// <summary>What the flags say.</summary>
    /// <exception cref="GpuMlp.Engine.UserErrorException">One cannot be read.</exception>
    public VariantChoice Ways => VariantChoice.Parse(Given);
}
