using System.Globalization;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Report;

/// <summary>What was run, on what, how long it took, and how to run it again.</summary>
internal static class RunFacts
{
    /// <summary>The phase that writes the page itself: not known when the page is written.</summary>
    public const string ReportPhase = "report";

    /// <summary>
    /// Lines of their own around what differs from place to place and from day to day, so that
    /// <c>sed '/&lt;!-- machine --&gt;/,/&lt;!-- \/machine --&gt;/d'</c> leaves what is the same everywhere.
    /// </summary>
    public const string MachineBegin = "<!-- machine -->\n", MachineEnd = "<!-- /machine -->\n";

    /// <summary>One sentence: how many models of what, and how many of them failed.</summary>
    public static string Sentence(Plan plan, int models, int failed)
    {
        string bad = failed == 0 ? "" : $" ({failed.ToString("N0", CultureInfo.InvariantCulture)} failed and have no figures)";
        SweepSpec spec = plan.Spec;
        string data = spec.Data == StudyFigures.Data ? "MNIST (embedded)" : spec.Data;
        return $"{models.ToString("N0", CultureInfo.InvariantCulture)} models{bad}: {Count(spec.Tasks.Count, "task")}, "
            + $"{Count(spec.Hidden.Count, "hidden size")}, {Count(spec.Seeds.Count, "seed")}, "
            + $"{Count(spec.LearningRates.Count + spec.RateGrid.Count, "learning rate")}, "
            + $"{Count(plan.Variants.Count * spec.Trainings().Count, "way")} to train, on {data}.";
    }

    /// <param name="info">Null where there is none.</param>
    public static void Write(Html html, RunDirectory run, RunInfo? info)
    {
        Plan plan = run.Plan;
        SweepSpec spec = plan.Spec;
        List<(string Name, string Value)> facts =
        [
            ("data", spec.Data == StudyFigures.Data ? "MNIST (embedded)" : spec.Data),
            ("data SHA-256", plan.DataSha256),
            .. info?.Table is { } table ? [("table", $"{table}")] : Array.Empty<(string, string)>(),
            ("tasks", List(spec.Tasks.Select(task => task.In(run.ClassNames)).ToList())),
            ("hidden sizes", List(spec.Hidden)),
            ("seeds", List(spec.Seeds)),
            ("learning rates", List(spec.LearningRates.Select(NumberText.Number).ToList())),
            ("rates compared", spec.RateGrid.Count == 0
                ? "none"
                : $"{List(spec.RateGrid.Select(NumberText.Number).ToList())} on {List(spec.RateTasks)}, trained and evaluated only"),
            ("training", List(plan.Variants)),
            .. spec.Trainings() is var ways && ways.SequenceEqual([ModelTraining.Usual]) ? []
                : new[] { ("optimizers", List([.. ways.Select(way => way.ToString())])) },
            ("pruning", spec.Pruning.Count == 0 ? "none" : $"{List(spec.Pruning.Select(method => method.Name).ToList())} at "
                + $"{List(spec.Sparsity.Select(level => NumberText.Percent(level) + " %").ToList())}"),
            ("plan", plan.Hash),
        ];
        List(html, facts);
    }

    /// <summary>What is told by run.json: lines that differ from machine to machine and from day to day, for anyone to cut out.</summary>
    public static void Machine(Html html, RunInfo info)
    {
        html.Raw(MachineBegin);
        List<(string Name, string Value)> facts = [.. Devices(info)];
        facts.AddRange(
        [
            ("software", $"gpumlp {info.Version}{(info.Commit is null ? "" : $" ({info.Commit[..Math.Min(12, info.Commit.Length)]})")}, "
                + $"ILGPU {info.IlgpuVersion}, {info.DotnetVersion}, {info.Os}"),
            ("started", info.StartedUtc.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)),
            ("seconds", string.Join(", ", info.SecondsByPhase.Where(phase => phase.Key != ReportPhase)
                .Select(phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Key} {phase.Value:0.0}")))),
            ("models", info.ModelsFailed == 0 ? $"{info.ModelsOk}, all trained"
                : $"{info.ModelsOk} trained, {info.ModelsFailed} failed (a loss or weights that are no finite numbers; they have no "
                + "figures)"),
            ("command", info.CommandLine),
        ]);
        List(html, facts);
        html.Raw(MachineEnd);
    }

    /// <summary>One line; where several processes trained, one for each kind of machine among them.</summary>
    private static IEnumerable<(string Name, string Value)> Devices(RunInfo info)
    {
        if (info.Trained is not { Count: > 1 } trained)
        {
            yield return ("device", Device(info.Trained is [var one] ? one : info));
            yield break;
        }

        foreach (IGrouping<string, RunInfo> same in trained.GroupBy(Device))
        {
            double seconds = same.Sum(record => record.SecondsByPhase.GetValueOrDefault("train"));
            string processes = same.Count() == 1 ? "1 process" : $"{same.Count()} processes";
            string units = Count(same.Sum(record => record.Units ?? 0), "unit");
            string time = seconds.ToString("0.0 's of training'", CultureInfo.InvariantCulture);
            yield return ("device", $"{same.Key}: {processes}, {units}, {time}");
        }
    }

    private static string Device(RunInfo info) =>
        $"{info.Device ?? "not recorded"}{(info.Driver is null ? "" : $" (driver {info.Driver})")}; "
        + $"{info.CpuModel}, {Count(info.Threads, "thread")}, {info.Simd}";

    private static void List(Html html, IEnumerable<(string Name, string Value)> facts)
    {
        html.Raw("<dl class=\"facts\">\n");
        foreach ((string name, string value) in facts)
            html.Raw("<dt>").Text(name).Raw("</dt><dd>").Text(value).Raw("</dd>\n");
        html.Raw("</dl>\n");
    }

    public static void Reproduce(Html html, RunDirectory run)
    {
        SweepSpec spec = run.Plan.Spec;
        if (StudySweep.PresetOf(spec) is { } preset)
        {
            html.Element("p", "This run is a preset. The same figures, bit for bit on any CPU:");
            html.Element("pre", $"gpumlp sweep --preset {preset} --out runs/{preset}-again");
        }
        else
        {
            html.Element("p", "The same figures, bit for bit on any CPU, come from this sweep, saved as sweep.json:");
            html.Element("pre", SpecJson.TextOf(spec));
            html.Element("pre", "gpumlp sweep --spec sweep.json --out runs/again");
        }

        html.Element("p", "This page again from the files of the run:");
        html.Element("pre", "gpumlp report RUN");
    }

    private static string Count(int count, string what)
        => $"{count.ToString("N0", CultureInfo.InvariantCulture)} {what}{(count == 1 ? "" : "s")}";

    // A list of a thousand seeds is no fact that anyone reads.
    private static string List<T>(IReadOnlyList<T> items)
    {
        const int Most = 24;
        string shown = string.Join(", ", items.Take(Most));
        return items.Count <= Most ? shown : $"{shown}, ... {items[^1]} ({items.Count} in all)";
    }
}
