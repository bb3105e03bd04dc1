using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Training;

/// <summary>A model that was trained before, with what was made of it then.</summary>
/// <param name="Spec">What was asked for.</param>
public sealed record TrainedModel(ModelSpec Model, ModelResult Result, SweepSpec Spec);
