namespace XePt.Tlb;

/// <summary>Address-space ids of a device: 1 to 2^20 - 1, handed out in a circle so that a freed one rests as long as possible (FLT-039).</summary>
/// <remarks>Concurrency: VMs are made and destroyed by one thread at a time, as all changes of a device.</remarks>
internal sealed class AsidTable
{
    /// <summary>First value that is not an id.</summary>
    public const uint Limit = 1u << 20;

    private readonly HashSet<uint> _used = [];
    private uint _next = 1;

    /// <summary>All ids are in use.</summary>
    public bool IsFull => _used.Count == Limit - 1;

    /// <summary>A free id; there must be one.</summary>
    public uint Rent()
    {
        uint asid = _next;
        while (!_used.Add(asid))
            asid = After(asid);
        _next = After(asid);
        return asid;
    }

    public void Return(uint asid) => _used.Remove(asid);

    private static uint After(uint asid) => asid == Limit - 1 ? 1 : asid + 1;
}
