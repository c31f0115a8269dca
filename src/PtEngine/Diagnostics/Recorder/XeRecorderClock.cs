namespace XePt.Diagnostics;

/// <summary>Which time records carry.</summary>
public enum XeRecorderClock
{
    /// <summary>That of the device's clock. Costs next to nothing with a virtual clock, which stands still inside calls.</summary>
    Device,

    /// <summary>Real time. Reading it costs more than the rest of a record.</summary>
    Real,
}
