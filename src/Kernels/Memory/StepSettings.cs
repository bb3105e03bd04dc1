namespace GpuMlp.Kernels.Memory;

/// <summary>How a model takes its steps, besides its rate.</summary>
/// <param name="Optimiser">Number of its optimiser; models of one number lie in blocks of their own.</param>
/// <param name="States">Numbers that the optimiser remembers of each parameter, 0 to 2.</param>
/// <param name="Keep1">Share of the first one that a step keeps, 0 up to 1.</param>
/// <param name="New1">Share of what is new that it takes in.</param>
/// <param name="Keep2">As <paramref name="Keep1"/>, of the second one.</param>
/// <param name="New2">As <paramref name="New1"/>.</param>
public readonly record struct StepSettings(int Optimiser, int States, double Keep1, double New1, double Keep2, double New2);

/// <summary>Blocks, vectors and slots that follow each other and belong to one optimiser.</summary>
public readonly record struct OptimiserRange(
    int Optimiser, int FirstBlock, int Blocks, int FirstVector, int Vectors, int FirstSlot, int Slots);
