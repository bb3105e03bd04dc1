namespace GpuMlp.Engine.Study;

/// <summary>A rule of a claim: its words and its test stand side by side and are made of the same bounds.</summary>
/// <param name="Text">As it is printed.</param>
/// <param name="IsMet">By the figures of a run; null: they do not decide.</param>
internal sealed record Rule<TFigures>(string Text, Func<TFigures, bool?> IsMet)
{
    /// <param name="seeds">Seeds that the figures are of, 1 or more.</param>
    /// <param name="ours">The figures in words.</param>
    public Check Judge(string scope, string study, TFigures figures, int seeds, string ours, bool decides = true) =>
        new(scope, Text, study, $"{ours}; {Say.Seeds(seeds)}", IsMet(figures), decides) { Seeds = seeds };

    /// <summary>The run lacks what it takes.</summary>
    public Check Open(string scope, string study, string why, bool decides = true) => new(scope, Text, study, why, null, decides);
}
