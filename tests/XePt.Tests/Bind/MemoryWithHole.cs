namespace XePt.Tests.Bind;

/// <summary>User memory in which 64 KiB from 0xdead_0000 on cannot be reached.</summary>
internal sealed class MemoryWithHole(IUserMemory inner) : IUserMemory
{
    public bool TryRead(ulong address, Span<byte> into) => !Touches(address, into.Length) && inner.TryRead(address, into);

    public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => !Touches(address, from.Length) && inner.TryWrite(address, from);

    private static bool Touches(ulong address, int length) => (address + (ulong)length - 1) >> 16 == 0xdead || address >> 16 == 0xdead;
}
