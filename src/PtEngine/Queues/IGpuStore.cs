namespace XePt;

/// <summary>The memory that device addresses lead to, for an embedder that models its contents. XePt itself keeps none:
/// <see cref="SparseGpuStore"/> is one to start with.</summary>
public interface IGpuStore
{
    /// <summary>Writes bytes for the GPU, any thread.</summary>
    /// <param name="where">The translation that leads there: <see cref="Translation.Address"/>, and
    /// <see cref="Translation.IsDeviceMemory"/> says of which memory.</param>
    /// <param name="bytes">What to write; it does not cross a page.</param>
    /// <returns>False when there is no such memory.</returns>
    bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes);

    /// <summary>Reads bytes for the GPU, any thread. A store that cannot be read need not have it.</summary>
    /// <param name="where">The translation that leads there.</param>
    /// <param name="into">Receives the bytes; they do not cross a page.</param>
    /// <returns>False when there is no such memory.</returns>
    bool TryRead(in Translation where, Span<byte> into) => false;

    /// <summary>The bytes themselves from an address on, as many as lie together in the store, beyond the page perhaps. They stay where
    /// they are while anybody may use them. A store that cannot give them need not have it.</summary>
    /// <param name="where">The translation that leads there.</param>
    /// <returns>The bytes; none when there is no such memory.</returns>
    Span<byte> GetSpan(scoped in Translation where) => default;
}
