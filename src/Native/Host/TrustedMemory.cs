using XePt.Host;

namespace XePt.Native;

/// <summary>The memory of this process for clients whose pointers are good: they are followed.</summary>
internal sealed unsafe class TrustedMemory : IUserMemory
{
    /// <summary>The one.</summary>
    public static TrustedMemory Instance { get; } = new();

    // SAFETY, both: the client has said so (XEPT_CLIENT_FLAG_TRUST_POINTERS).

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into)
    {
        WordBytes.Read((byte*)address, into);
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        WordBytes.Write((byte*)address, from);
        return true;
    }
}
