using System.Numerics;
using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>
/// Scratch memory of one request: staged entry values and child numbers live here until the request has run or was aborted.
/// Blocks stay put until <see cref="Reset"/>, which keeps their memory for the next request. Single writer.
/// </summary>
/// <remarks>Thousands of requests may be in flight and each holds an arena, so it begins in a few hundred bytes of its owner's, enough for
/// a request that changes
/// one run of entries; each further chunk is several times as large, so that long requests get by with few.</remarks>
internal unsafe struct Arena : IDisposable
{
    private const nuint SmallestChunk = 4 * 1024;
    private const nuint LargestChunk = 256 * 1024;
    private const int Growth = 4;

    private readonly record struct Chunk(nint Start, nuint Bytes);

    private readonly AllocationGate _gate;
    private readonly byte* _own;
    private readonly nuint _ownBytes;
    private readonly List<Chunk> _chunks = [];
    private byte* _current;
    private nuint _left;
    private int _used;

    /// <param name="gate">Is asked for each chunk.</param>
    /// <param name="own">Room of the owner's that the arena begins in, 8-byte aligned; it outlives the arena.</param>
    /// <param name="ownBytes">Bytes of it.</param>
    public Arena(AllocationGate gate, byte* own, nuint ownBytes)
    {
        (_gate, _ownBytes) = (gate, ownBytes);
        _own = own;
        Reset();
    }

    /// <summary>8-byte aligned memory of <paramref name="bytes"/>, or null when none could be had.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Rent(nuint bytes)
    {
        bytes = (bytes + 7) & ~(nuint)7;
        if (bytes > _left && !TryNextChunk(bytes))
            return null;

        // SAFETY: as many bytes are left in the current chunk.
        byte* block = _current;
        _current += bytes;
        _left -= bytes;
        return block;
    }

    /// <summary>Forgets everything rented since the last reset.</summary>
    public void Reset()
    {
        _current = _own;
        _left = _ownBytes;
        _used = 0;
    }

    /// <summary>Gives back the chunks beyond the first <paramref name="bytes"/> of them. Nothing is rented.</summary>
    public void Trim(nuint bytes)
    {
        Reset();
        int kept = 0;
        while (kept < _chunks.Count && _chunks[kept].Bytes <= bytes)
            bytes -= _chunks[kept++].Bytes;
        for (int i = kept; i < _chunks.Count; i++)
            NativeBlocks.ReturnAligned((void*)_chunks[i].Start);
        _chunks.RemoveRange(kept, _chunks.Count - kept);
    }

    public void Dispose() => Trim(0);

    /// <summary>Goes on to the next chunk that is there and large enough, else to a new one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryNextChunk(nuint bytes)
    {
        while (_used < _chunks.Count && _chunks[_used].Bytes < bytes)
            _used++;
        if (_used == _chunks.Count && !TryAddChunk(bytes))
            return false;

        _current = (byte*)_chunks[_used].Start;
        _left = _chunks[_used++].Bytes;
        return true;
    }

    private bool TryAddChunk(nuint bytes)
    {
        nuint last = _chunks.Count == 0 ? SmallestChunk / Growth : _chunks[^1].Bytes;
        nuint size = Math.Max(Math.Min(last * Growth, LargestChunk), BitOperations.RoundUpToPowerOf2(bytes));
        void* chunk = _gate.Allow() ? NativeBlocks.TryTakeAligned(size) : null;
        if (chunk == null)
            return false;
        _chunks.Add(new Chunk((nint)chunk, size));
        return true;
    }
}
