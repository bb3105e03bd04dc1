namespace GpuMlp.Engine.Data;

/// <summary>What the neighbours of an input mean, and so what can be done to an example besides learning it.</summary>
public enum DataForm
{
    /// <summary>[rows, columns] of pixels: neighbours in two directions.</summary>
    Picture,

    /// <summary>A row of values one after the other: neighbours in one direction.</summary>
    Signal,

    /// <summary>Features in any order: no neighbours.</summary>
    Table,
}
