using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Tests;

/// <summary>The rows of a model by the names of their tables.</summary>
internal static class RowsOf
{
    extension(ModelResult model)
    {
        public IReadOnlyList<EpochMetrics> History => model.Rows.Of<EpochMetrics>();

        public IReadOnlyList<PruningRow> Pruning => model.Rows.Of<PruningRow>();

        public IReadOnlyList<FinetuneRow> Finetune => model.Rows.Of<FinetuneRow>();

        public IReadOnlyList<TicketRow> Tickets => model.Rows.Of<TicketRow>();

        public IReadOnlyList<RobustnessRow> Robustness => model.Rows.Of<RobustnessRow>();

        public IReadOnlyList<SaliencyRow> Similarity => model.Rows.Of<SaliencyRow>();

        public IReadOnlyList<EmbeddingRow> Pictures => model.Rows.Of<EmbeddingRow>();

        public IReadOnlyList<EmbeddingPoint> Places => model.Rows.Of<EmbeddingPoint>();
    }
}
