using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>
/// Scratch memory of one request: staged entry values and child numbers live here until the request has run or was aborted.
/// Blocks stay put until <see cref="Reset"/>, which keeps their memory for the next request. Single writer.
/// </summary>
internal sealed unsafe class Arena(AllocationGate gate) : IDisposable
{
    // The first chunk suffices for most requests, of which thousands may be in flight; long ones get by with few.
    private const nuint FirstChunkBytes = 16 * 1024;
    private const int MostDoublings = 4;

    private readonly List<nint> _chunks = [];
    private int _current;
    private nuint _used;

    /// <summary>8-byte aligned memory of <paramref name="bytes"/> (at most the first chunk, 16 KiB), or null when none could be had.</summary>
    public byte* Rent(nuint bytes)
    {
        bytes = (bytes + 7) & ~(nuint)7;
        if (_chunks.Count == 0 || _used + bytes > BytesOf(_current))
        {
            if (!NextChunk())
                return null;
        }

        // SAFETY: _used + bytes is no more than the size of the current chunk.
        byte* block = (byte*)_chunks[_current] + _used;
        _used += bytes;
        return block;
    }

    /// <summary>Forgets everything rented since the last reset.</summary>
    public void Reset()
    {
        _current = 0;
        _used = 0;
    }

    public void Dispose()
    {
        // SAFETY: every chunk came from NativeMemory and nobody may use the arena after this.
        foreach (nint chunk in _chunks)
            NativeMemory.AlignedFree((void*)chunk);
        _chunks.Clear();
        Reset();
    }

    private static nuint BytesOf(int chunk) => FirstChunkBytes << Math.Min(chunk, MostDoublings);

    private bool NextChunk()
    {
        int next = _chunks.Count == 0 ? 0 : _current + 1;
        if (next == _chunks.Count)
        {
            if (!gate.Allow())
                return false;

            _chunks.Add((nint)NativeMemory.AlignedAlloc(BytesOf(next), 64));
        }

        _current = next;
        _used = 0;
        return true;
    }
}
