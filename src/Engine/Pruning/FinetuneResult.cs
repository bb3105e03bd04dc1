namespace GpuMlp.Engine.Pruning;

/// <summary>One trained model at one level of pruning, after further training under the mask.</summary>
/// <param name="Rewound">True: the kept weights began again at their initial values, biases at 0; false: at their trained values.</param>
/// <param name="Pruned">
/// Method, level and all figures after the last epoch; zero shares are counted then, and dead units are those of the retrained model.
/// </param>
/// <param name="Epochs">Of further training.</param>
public readonly record struct FinetuneResult(bool Rewound, PruningResult Pruned, int Epochs)
{
    private const string Finetune = "finetune", Rewind = "rewind";

    /// <summary>In tables: <c>finetune</c> or <c>rewind</c>.</summary>
    public string Protocol => Rewound ? Rewind : Finetune;

    /// <summary>Whether a protocol of that name rewinds; null for a name that is none.</summary>
    public static bool? IsRewind(string name) => name switch { Rewind => true, Finetune => false, _ => null };
}
