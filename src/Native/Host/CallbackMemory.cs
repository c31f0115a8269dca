namespace XePt.Native;

/// <summary>Memory of a client that the program models itself.</summary>
/// <param name="options">Its callbacks.</param>
internal sealed unsafe class CallbackMemory(ClientOptions options) : IUserMemory
{
    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into)
    {
        fixed (byte* bytes = into)
            return options.Read(options.User, address, bytes, (ulong)into.Length) == 0;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        fixed (byte* bytes = from)
            return options.Write(options.User, address, (ConstBytes*)bytes, (ulong)from.Length) == 0;
    }
}
