using System.Runtime.InteropServices;
using XePt.Host;

namespace XePt.Accesses;

/// <summary>What an access does to one page, once it is known where the page is.</summary>
internal ref struct AccessPart(GpuAccessKind kind, GpuAtomic atomic, Span<byte> bytes)
{
    private readonly Span<byte> _bytes = bytes;

    /// <summary>What an atomic access has found.</summary>
    public ulong Old { get; private set; }

    /// <summary>There is no memory: zero is read, and what is written vanishes.</summary>
    public readonly void Vanish()
    {
        if (kind == GpuAccessKind.Read)
            _bytes.Clear();
    }

    /// <summary>Moves the bytes.</summary>
    /// <param name="memory">Where they are, or null.</param>
    /// <param name="address">Address in there.</param>
    /// <returns>False when they are not there.</returns>
    public bool TryMove(IFrameMemory? memory, ulong address) => memory is not null && kind switch
    {
        GpuAccessKind.Read => memory.TryRead(address, _bytes),
        GpuAccessKind.Atomic => TryApply(memory, address),
        _ => memory.TryWrite(address, _bytes),
    };

    private bool TryApply(IFrameMemory memory, ulong address)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        word.Clear();
        if (!memory.TryRead(address, word[..atomic.Size]))
            return false;
        for (ulong seen = MemoryMarshal.Read<ulong>(word); ;)
        {
            if (!memory.TryCompareExchange(address, atomic.Size, seen, atomic.Apply(seen), out ulong found))
                return false;
            if (found == seen)
            {
                Old = seen;
                return true;
            }

            seen = found;
        }
    }
}
