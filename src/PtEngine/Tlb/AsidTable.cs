using XePt.Memory;

namespace XePt.Tlb;

/// <summary>Address-space ids of a device: 1 to 2^20 - 1, handed out in a circle so that a freed one rests as long as possible
/// (FLT-039).</summary>
/// <remarks>Concurrency: any thread makes and ends VMs; both sides take the gate.</remarks>
internal sealed class AsidTable
{
    /// <summary>First value that is not an id.</summary>
    public const uint Limit = 1u << 20;

    private readonly HashSet<uint> _used = [];
    private SpinGate _gate;
    private uint _next = 1;

    /// <summary>A free id, or 0 when all are in use.</summary>
    public uint Rent()
    {
        _gate.Enter();
        uint asid = _used.Count == Limit - 1 ? 0 : _next;
        while (asid != 0 && !_used.Add(asid))
            asid = After(asid);
        _next = asid == 0 ? _next : After(asid);
        _gate.Exit();
        return asid;
    }

    public void Return(uint asid)
    {
        _gate.Enter();
        _used.Remove(asid);
        _gate.Exit();
    }

    private static uint After(uint asid) => asid == Limit - 1 ? 1 : asid + 1;
}
