using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Training;

/// <summary>
/// Which models of a cohort stop, and the parameters that each had when its loss on the validation images was smallest. A model with a
/// patience of P stops once P validations in a row were no better than the best before them (a NaN is none). What it is trained further,
/// beside others that go on, is of no matter to its results.
/// </summary>
internal sealed class EarlyStopping : IDisposable
{
    private readonly Cohort _cohort;
    private readonly DeviceCohort _best;
    private readonly double[] _loss;
    private readonly int[] _waited;

    /// <param name="cohort">Some model of it has patience.</param>
    public EarlyStopping(Cohort cohort)
    {
        int models = cohort.Models.Count;
        (_cohort, _best) = (cohort, cohort.CreateTwin());
        (_loss, _waited, BestEpochs, Stopped) = (new double[models], new int[models], new int?[models], new int?[models]);
        Array.Fill(_loss, double.PositiveInfinity);
    }

    /// <summary>1-based epoch of each model's best parameters; null for a model without patience or without a validation so far.</summary>
    public int?[] BestEpochs { get; }

    /// <summary>1-based epoch after which each model stopped; null for one that goes on.</summary>
    public int?[] Stopped { get; }

    /// <summary>Whether no model goes on.</summary>
    public bool IsOver => Array.TrueForAll(Stopped, stopped => stopped is not null);

    /// <summary>Takes in what the models are after an epoch with a validation.</summary>
    /// <param name="epoch">1-based.</param>
    public void Take(int epoch, IReadOnlyList<EpochMetrics> metrics)
    {
        bool[] better = new bool[_loss.Length];
        for (int m = 0; m < better.Length; m++)
        {
            int patience = _cohort.Models[m].Training.Patience;
            if (patience == 0 || Stopped[m] is not null)
                continue;
            better[m] = metrics[m].ValLoss < _loss[m];
            if (better[m])
                (_loss[m], _waited[m], BestEpochs[m]) = (metrics[m].ValLoss, 0, epoch);
            else if (++_waited[m] >= patience)
                Stopped[m] = epoch;
        }

        if (better.Contains(true))
            _cohort.Kernels.CopyModels(_cohort.OnDevice, _best, better);
    }

    /// <summary>Gives every model that has patience its best parameters back.</summary>
    /// <param name="epochs">That the cohort was trained.</param>
    public void Finish(int epochs)
    {
        for (int m = 0; m < Stopped.Length; m++)
        {
            if (_cohort.Models[m].Training.Patience > 0)
                Stopped[m] ??= epochs;
        }

        if (BestEpochs.Any(best => best is not null))
            _cohort.Kernels.CopyModels(_best, _cohort.OnDevice, [.. BestEpochs.Select(best => best is not null)]);
    }

    public void Dispose() => _best.Dispose();
}
