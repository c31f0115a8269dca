using System.Runtime.InteropServices;

namespace XePt;

/// <summary>The memory that device addresses lead to, for an embedder that models its contents: then it holds all of a device's memory, and
/// addresses of system memory that are no pages of a modelled process. <see cref="SparseGpuStore"/> is one to start with. Without one XePt
/// keeps the contents of BOs and of migrated pages itself.</summary>
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

    /// <summary>Makes a page zero: a BO or a migrated page gets memory that somebody else had. A store that gets memory of its own for what
    /// is written can do it at less cost, one that cannot be read need not do it.</summary>
    /// <param name="where">The translation that leads to its first byte.</param>
    /// <param name="size">Bytes of the page.</param>
    void Clear(in Translation where, int size)
    {
        Span<byte> page = stackalloc byte[size];
        if (!TryRead(where, page) || page.IndexOfAnyExcept((byte)0) < 0)
            return;
        page.Clear();
        TryWrite(where, page);
    }

    /// <summary>Puts a word in place of an expected one, atomically, any thread. A store that can give the bytes themselves need not have
    /// it.</summary>
    /// <param name="where">The translation that leads there; its address is aligned to <paramref name="bytes"/>.</param>
    /// <param name="bytes">4 or 8.</param>
    /// <param name="expected">What must be there.</param>
    /// <param name="desired">What comes in its place.</param>
    /// <param name="found">What was there.</param>
    /// <returns>False when there is no such memory.</returns>
    bool TryCompareExchange(in Translation where, int bytes, ulong expected, ulong desired, out ulong found)
    {
        Span<byte> word = GetSpan(where);
        found = 0;
        if (word.Length < bytes)
            return false;
        found = bytes == sizeof(ulong)
            ? Interlocked.CompareExchange(ref MemoryMarshal.AsRef<ulong>(word), desired, expected)
            : Interlocked.CompareExchange(ref MemoryMarshal.AsRef<uint>(word), (uint)desired, (uint)expected);
        return true;
    }
}
