using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Analyses.Tickets;

/// <summary>
/// Iterative magnitude pruning with rewinding (Frankle and Carbin 2019, "The Lottery Ticket Hypothesis"; to an epoch after the first as in
/// Frankle, Dziugaite, Roy and Carbin 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis"): a round ranks the weights that
/// the last one has trained, takes the smallest share of what is left, sets the others to what they were after a given epoch, and trains
/// them for the epochs after it. Two controls beside each round tell mask from weights: its mask over other random weights, trained as
/// long, and a random mask with as many weights of each layer over the rewound weights.
/// </summary>
/// <remarks>
/// Every model of a cohort is a chain of its own, and all chains of a cohort are trained side by side. A round takes floor(share x left) of
/// each group of weights that is ranked together, so that something is always left. What is pruned stays so: a weight under the mask is 0
/// and has the lowest rank, and a random ranking is the same in every round.
/// </remarks>
internal sealed class TicketAnalysis : IAnalysis
{
    private static readonly string[] s_controls = [TicketRow.Ticket, TicketRow.Reinit, TicketRow.Random];

    public string Name => "tickets";

    public IReadOnlyList<Field<SweepSpec>> Fields => TicketFields.All;

    public IReadOnlyList<ModelTable> Tables { get; } = [new ModelTable<TicketRow>()];

    public bool IsIn(SweepSpec spec) => spec.Rounds > 0;

    public AnalysisCost CostOf(SweepSpec spec, int epochs) => new()
    {
        Epochs = Epochs(spec, epochs),
        Forwards = Rows(spec),
        Rows = Rows(spec),
        DiskBytes = (long)PruningAnalysis.RowBytes * Rows(spec),

        // Weights to rewind to, other random ones, the ticket and a control; and ranks.
        Copies = 5,
    };

    public void Run(AnalysisRun run) => run.Add(
        Evaluate(run.Cohort, run.Spec, (_, metrics) => run.AfterEpoch(metrics), run.Step));

    /// <param name="afterEpoch">Called with the models in training and their figures, those of the way to the rewound weights first, then
    /// of each round the control with other weights, that with a random mask, and the ticket.</param>
    /// <param name="step">Called between epochs with how many are done, of how many.</param>
    /// <returns>The rows of each model: round 0, then of each round ticket, reinit and random.</returns>
    internal static TicketRow[][] Evaluate(
        Cohort cohort, SweepSpec spec, Action<DeviceCohort, IReadOnlyList<EpochMetrics>> afterEpoch, Action<int, int> step)
    {
        using DeviceCohort rewound = cohort.CreateTwin(trains: true), other = cohort.CreateTwin();
        using DeviceCohort ticket = cohort.CreateTwin(withMask: true, trains: true);
        using DeviceCohort control = cohort.CreateTwin(withMask: true, trains: true);
        using PruneRanks ranks = cohort.CreateRanks();
        int models = cohort.Models.Count, all = (int)Math.Min(int.MaxValue, Epochs(spec, cohort.Variant.Epochs)), done = 0;
        TicketRow[][] rows = [.. Enumerable.Range(0, models).Select(_ => new TicketRow[Rows(spec)])];
        bool[] noTicket = new bool[models];
        cohort.Initialize(rewound);
        Train(rewound, 0, spec.RewindTo, noTicket);
        cohort.Reinitialise(other);
        Add(cohort.OnDevice, TicketRow.Ticket, 0, cohort.Variant.Epochs, noTicket);
        for (int round = 1; round <= spec.Rounds; round++)
        {
            // The ranks serve the ticket and its mask over other weights; then they are those of the random mask.
            cohort.Kernels.PruneRank(round == 1 ? cohort.OnDevice : ticket, ranks, spec.RoundRanking);
            PruneCounts[] counts = ranks.Counts(spec.PrunePerRound, round);
            cohort.Kernels.Prune(rewound, ranks, counts, ticket);
            cohort.Kernels.Prune(other, ranks, counts, control);
            PruneCounts[] pruned = [.. ticket.DownloadMask().Select(mask => new PruneCounts(mask.W1.Count(false), mask.W2.Count(false)))];
            TrainFrom(control, TicketRow.Reinit, round, [.. noTicket]);
            cohort.Kernels.PruneRank(cohort.OnDevice, ranks, PruneMethod.Random);
            cohort.Kernels.Prune(rewound, ranks, pruned, control);
            TrainFrom(control, TicketRow.Random, round, [.. noTicket]);
            TrainFrom(ticket, TicketRow.Ticket, round, noTicket);
        }

        return rows;

        // A chain that has failed ranks what it has not learned: its later rounds have no figures, nor have the controls, whose masks are
        // as sparse as its own.
        void TrainFrom(DeviceCohort pruned, string which, int round, bool[] failed)
        {
            // Other weights have not been trained, so that their optimisers remember nothing.
            if (which == TicketRow.Reinit)
                pruned.ResetSteps();
            else
                pruned.CopySteps(rewound);
            Train(pruned, spec.RewindTo, cohort.Variant.Epochs, failed);
            Add(pruned, which, round, cohort.Variant.Epochs - spec.RewindTo, failed);
        }

        // Schedules of rates go on from the epoch that is rewound to.
        void Train(DeviceCohort twin, int first, int end, bool[] failed)
        {
            for (int epoch = first; epoch < end; epoch++)
            {
                step(done++, all);
                IReadOnlyList<EpochMetrics> metrics = cohort.TrainEpoch(twin, epoch);
                for (int m = 0; m < models; m++)
                    failed[m] |= !double.IsFinite(metrics[m].Loss);
                afterEpoch(twin, metrics);
            }
        }

        void Add(DeviceCohort trained, string which, int round, int epochs, bool[] failed)
        {
            PrunedFigures figures = PrunedFigures.Of(cohort, trained, failed);
            int place = round == 0 ? 0 : 1 + ((round - 1) * s_controls.Length) + Array.IndexOf(s_controls, which);
            byte[] labels = cohort.Validation.Labels;
            Parallel.For(0, models, m =>
            {
                PruningRow row = figures.Row(m, cohort.Keys[m], spec.RoundRanking, Level(spec.PrunePerRound, round), labels);
                double loss = row.Ok ? ModelMetrics.Loss(figures.Evaluations[m].Logits.Span, labels, figures.Outputs) : double.NaN;
                rows[m][place] = new TicketRow(row, which, round, epochs, loss);
                failed[m] |= !row.Ok;
            });
        }
    }

    /// <summary>
    /// Share of the weights that some rounds take, before rounding: products alone, so that every machine has the same digits.
    /// </summary>
    internal static double Level(double share, int rounds)
    {
        double left = 1;
        for (int round = 0; round < rounds; round++)
            left *= 1 - share;

        // 0.2, and not 0.19999999999999996.
        const int Digits = 12;
        return Math.Round(1 - left, Digits);
    }

    private static int Rows(SweepSpec spec) => 1 + (spec.Rounds * s_controls.Length);

    // Once to the weights that are rewound to, and from there on in every round the ticket and its controls.
    private static long Epochs(SweepSpec spec, int epochs) =>
        spec.RewindTo + ((long)spec.Rounds * s_controls.Length * (epochs - spec.RewindTo));
}
