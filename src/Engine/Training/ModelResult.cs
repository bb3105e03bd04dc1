using System.Diagnostics.CodeAnalysis;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Training;

/// <summary>
/// Everything known of one trained model: its row of results and what was made of it; of one that failed its weights alone.
/// </summary>
public sealed record ModelResult : ResultRow
{
    [SetsRequiredMembers]
    public ModelResult(ResultRow row, RowLists rows, ModelParameters weights)
        : base(row) => (Rows, Weights) = (rows, weights);

    /// <summary>Of all other tables: its history, an entry an epoch, and what analyses found.</summary>
    public RowLists Rows { get; init; }

    public ModelParameters Weights { get; init; }

    /// <summary>What its optimiser remembers, see <see cref="DeviceCohort.DownloadStates"/>; empty for nothing.</summary>
    public float[] State { get; init; } = [];

    /// <summary>The same model as one that failed. It has the rows of every table and no figure in any, NaN or null.</summary>
    public ModelResult AsFailed() => new(((ResultRow)this).AsFailed(), Rows.AsFailed(), Weights) { State = State };
}
