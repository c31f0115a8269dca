namespace XePt;

/// <summary>
/// The account of a device's own memory where several engines stand for one device, those of several processes for example. Each has all
/// addresses of that memory; how much they take together is counted here. A device without an account is the only one of its kind.
/// </summary>
/// <remarks>Asked only when memory of a tile is taken or given back, for a query, and when somebody has to make room. Any thread, inside
/// the device: short, without a call of the engine, and it does not throw.</remarks>
public interface IVramAccount
{
    /// <summary>Counts bytes that this device is about to take.</summary>
    /// <param name="tile">Of which tile's memory.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="capacity">What there is for all together.</param>
    /// <param name="claims">Where they are not free, others are asked to make room: as many of theirs count as given up at once.</param>
    /// <returns>A number, not 0, which <see cref="Return"/> is told; 0 when the bytes are not there, and nothing has changed.</returns>
    int Take(int tile, ulong bytes, ulong capacity, bool claims);

    /// <summary>Counts bytes that are given back.</summary>
    /// <param name="tile">Of which tile's memory.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="number">What <see cref="Take"/> has answered, perhaps in another process, of which this one is a copy.</param>
    void Return(int tile, ulong bytes, int number);

    /// <summary>Says who has how much.</summary>
    /// <param name="tile">Of which tile's memory.</param>
    /// <param name="capacity">As for <see cref="Take"/>.</param>
    VramUse Look(int tile, ulong capacity);
}

/// <summary>How much of a tile's memory is taken, in bytes.</summary>
/// <param name="Own">By this device.</param>
/// <param name="Others">By all others.</param>
/// <param name="Asked">What this device is asked to make free for others (<see cref="XeDevice.MakeRoom"/>).</param>
public readonly record struct VramUse(ulong Own, ulong Others, ulong Asked)
{
    /// <summary>The bytes, hexadecimal.</summary>
    public override string ToString() => $"0x{Own:x} bytes own, 0x{Others:x} of others, 0x{Asked:x} asked for";
}
