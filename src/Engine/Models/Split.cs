namespace GpuMlp.Engine.Models;

/// <summary>
/// The images of one task and seed: 0-based image numbers in the training file, in the order in which they are used
/// (batches are consecutive blocks of <see cref="Train"/>).
/// </summary>
public sealed record Split(ClassTask Task, int Seed, int[] Train, int[] Validation);
