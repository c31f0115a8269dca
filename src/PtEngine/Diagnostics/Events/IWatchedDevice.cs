namespace XePt.Diagnostics;

/// <summary>What the event source and the meters see of a device.</summary>
internal interface IWatchedDevice
{
    /// <summary>Who watches it.</summary>
    DeviceWatch Watch { get; }

    /// <summary>Its counters as they are now.</summary>
    void ReadCounters(List<CounterValue> into);
}
