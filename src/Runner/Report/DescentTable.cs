using GpuMlp.Engine.Study;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>Error by hidden size under label noise, and what it says.</summary>
internal static class DescentTable
{
    public static void Write(Html html, StudyTables tables)
    {
        foreach (Descent descent in Descent.Of(tables))
        {
            html.Element("p", descent.Say());
            HtmlTable.Write(
                html,
                $"{descent.Task}: error and loss by hidden size, mean and sample standard deviation over the seeds. Training figures are "
                    + $"of the labels that are trained, noise and all. {Pick.Focus(tables)}",
                ["H", "training error", "\u00b1", "validation error", "\u00b1", "training loss", "validation loss"],
                descent.Sizes.Select(size => (IReadOnlyList<Cell>)
                [
                    size.Hidden, Cell.F1(size.TrainError.Mean), Cell.F1(size.TrainError.Std), Cell.F1(size.ValError.Mean),
                    Cell.F1(size.ValError.Std), Cell.F1(size.TrainLoss.Mean), Cell.F1(size.ValLoss.Mean),
                ]));
        }
    }
}
