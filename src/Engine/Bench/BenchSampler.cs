namespace GpuMlp.Engine.Bench;

/// <summary>
/// Takes samples of several forms in turns, in three rounds: what else the machine does meanwhile meets all of them alike.
/// </summary>
internal sealed class BenchSampler(double measureMs)
{
    private const int Rounds = 3, Fewest = 6, Most = 99;

    // The runtime compiles a method again, better, after thirty calls.
    private const int WarmCalls = 40;
    private const double MostWarmMs = 150;

    private readonly HashSet<(BenchOp, BenchForm)> _warm = [];

    /// <summary>The first call of a form; what it took beyond a usual call is compilation, if nothing like it ran before.</summary>
    /// <param name="compileMs">Null when the form and operation have run before.</param>
    /// <returns>Milliseconds of a usual call, roughly.</returns>
    public double WarmUp(FormRun run, BenchOp op, out double? compileMs)
    {
        double first = run.Call(op);
        compileMs = null;
        if (!_warm.Add((op, run.Form)))
            return first > measureMs ? first : Math.Min(first, run.Call(op));

        double spent = 0, best = run.Call(op), enough = Math.Min(MostWarmMs, 10 * measureMs);
        for (int call = 0; call < WarmCalls && spent < enough; call++)
        {
            double ms = run.Call(op);
            (spent, best) = (spent + ms, Math.Min(best, ms));
        }
        compileMs = Math.Max(0, first - best);
        return best;
    }

    /// <param name="runs">Each with the time of a call as <see cref="WarmUp"/> gave it.</param>
    /// <param name="op">What is called.</param>
    /// <param name="cancel">Looked at between samples.</param>
    /// <returns>Samples in milliseconds, in the order of the runs.</returns>
    public List<double>[] Sample(IReadOnlyList<(FormRun Run, double CallMs)> runs, BenchOp op, CancellationToken cancel)
    {
        var samples = new List<double>[runs.Count];
        for (int i = 0; i < samples.Length; i++)
            samples[i] = [];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < samples.Length; i++)
            {
                (FormRun run, double callMs) = runs[i];
                int each = Math.Clamp((int)Math.Ceiling(measureMs / Math.Max(callMs, 1e-3)), callMs > 2 * measureMs ? Rounds : Fewest, Most)
                    / Rounds;

                // The first call of a turn brings its operands back to the caches; where it is a large part of the time, it counts.
                if (callMs < measureMs / 2)
                    run.Call(op);
                for (int call = 0; call < each; call++)
                {
                    cancel.ThrowIfCancellationRequested();
                    samples[i].Add(run.Call(op));
                }
            }
        }
        return samples;
    }
}
