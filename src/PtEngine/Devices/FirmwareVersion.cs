namespace XePt.Devices;

/// <summary>Version of a microcontroller's firmware, as DEVICE_QUERY UC_FW_VERSION reports it.</summary>
/// <param name="Major">What clients must know about.</param>
/// <param name="Minor">What clients may ask about.</param>
/// <param name="Patch">What clients need not know.</param>
public readonly record struct FirmwareVersion(uint Major, uint Minor, uint Patch)
{
    /// <summary>As people write it: <c>1.26.0</c>.</summary>
    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}
