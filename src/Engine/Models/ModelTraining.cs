using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Models;

/// <summary>
/// How one model is trained, besides its rate, in what models of a cohort may differ. Models with the same settings share an object; a
/// setting that the optimiser does not have is 0.
/// </summary>
public sealed record ModelTraining
{
    /// <summary>The usual settings of optimisers that have them.</summary>
    public const double UsualMomentum = 0.9, UsualBeta1 = 0.9, UsualBeta2 = 0.999;

    /// <summary>Plain gradient descent at a constant rate.</summary>
    public static ModelTraining Usual { get; } = new();

    public Optimiser Optimiser { get; init; } = Optimiser.Sgd;

    /// <summary>0..1, of the last velocity that is kept.</summary>
    public double Momentum { get; init; }

    /// <summary>0..1, of the mean of gradients that is kept in a step.</summary>
    public double Beta1 { get; init; }

    /// <summary>0..1, of the mean of their squares.</summary>
    public double Beta2 { get; init; }

    public RateSchedule Schedule { get; init; } = RateSchedule.Constant;

    /// <summary>What loss and gradient of an image count, by its class.</summary>
    public ClassWeighting ClassWeight { get; init; } = ClassWeighting.None;

    /// <summary>Probability with which a hidden unit is left out of an image's training step.</summary>
    public double Dropout { get; init; }

    /// <summary>Validations in a row that may be no better than the best one before training stops; 0 for none.</summary>
    public int Patience { get; init; }

    /// <summary>
    /// Of a model's name, fit for the name of a file: <c>-momentum0.9</c>, <c>-adam-warmup-5-cosine</c>, <c>-adam-b0.8-0.999</c>,
    /// <c>-cw1-3-do0.5-p10</c>; what is as usual is left out.
    /// </summary>
    public string Suffix
    {
        get
        {
            string optimiser = Optimiser == Optimiser.Sgd ? "" : $"-{Optimiser.Name}",
                momentum = Optimiser.UsesMomentum ? $"{Momentum:R}" : "",
                betas = Optimiser.UsesBetas && (Beta1, Beta2) != (UsualBeta1, UsualBeta2) ? $"-b{Beta1:R}-{Beta2:R}" : "",
                schedule = Schedule == RateSchedule.Constant ? "" : $"-{Schedule.Name.Replace(':', '-').Replace('+', '-')}";
            string weights = ClassWeight.Equals(ClassWeighting.None) ? "" : $"-cw{ClassWeight.Name.Replace(':', '-')}",
                dropout = Dropout == 0 ? "" : $"-do{Dropout:R}", patience = Patience == 0 ? "" : $"-p{Patience}";
            return (optimiser + momentum + betas + schedule + weights + dropout + patience).Replace('E', 'e');
        }
    }

    /// <summary>For people: <c>optimizer adam, beta1 0.9, beta2 0.999, schedule cosine</c>, or <c>optimizer sgd</c>.</summary>
    public override string ToString()
    {
        TrainedHow how = In(new TrainedHow("", 0, 0, 0));
        string told = string.Join(
            ", ", TrainedHow.Parts.Where(part => !part.IsAlwaysTold && part.IsTold(how)).Select(part => part.Words(how)));
        return told.Length > 0 ? told : $"optimizer {Optimiser}";
    }

    /// <summary>As kernels take it.</summary>
    public StepSettings Steps => Optimiser.Settings(Momentum, Beta1, Beta2);

    /// <summary>The key of tables with these settings in it.</summary>
    public TrainedHow In(TrainedHow how) => how with
    {
        Optimizer = Optimiser.Name,
        Momentum = Momentum,
        Beta1 = Beta1,
        Beta2 = Beta2,
        Schedule = Schedule.Name,
        ClassWeight = ClassWeight.Name,
        Dropout = Dropout,
        Patience = Patience,
    };
}
