namespace XePt;

/// <summary>The memory that device addresses lead to, for an embedder that models its contents. XePt itself keeps none.</summary>
public interface IGpuStore
{
    /// <summary>Writes bytes for the GPU, any thread.</summary>
    /// <param name="where">The translation that leads there: <see cref="Translation.Address"/>, and by its decoded entry whether that is
    /// device memory.</param>
    /// <param name="bytes">What to write; it does not cross a page.</param>
    /// <returns>False when there is no such memory.</returns>
    bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes);
}
