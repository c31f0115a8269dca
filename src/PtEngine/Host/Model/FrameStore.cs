using System.Diagnostics;
using XePt.Memory;

namespace XePt.Host;

/// <summary>What is known of one frame of system memory.</summary>
internal unsafe struct Frame
{
    /// <summary>Its content; null as long as it is all zeros.</summary>
    public byte* Bytes;

    /// <summary>Page table entries, files and migrations that use it; 0 when it is free.</summary>
    public int References;

    /// <summary>No migration can take it.</summary>
    public bool IsPinned;
}

/// <summary>
/// The frames of a machine: numbers with reference counts, whose bytes exist from the first write on. Frames come in chunks of 2 MiB. A
/// free frame is not used again before its whole chunk is free and as many other chunks have been used meanwhile (HST-012): who still has
/// its address is found out.
/// </summary>
/// <remarks>Concurrency: none; the machine has a gate.</remarks>
/// <param name="gate">Is asked at each growth.</param>
/// <param name="start">Physical address of frame 0.</param>
/// <param name="limit">Frames that there are.</param>
/// <param name="scatters">Frames that are not taken as one huge page are never neighbours.</param>
internal sealed unsafe class FrameStore(AllocationGate gate, ulong start, long limit, bool scatters) : IDisposable
{
    /// <summary>Pages of a huge page, and frames of a chunk.</summary>
    public const int HugePages = 512;

    private const int PageShift = 12;
    private const int ChunkShift = 9;
    private const int QuarantinedChunks = 1 << 15;
    private const int NoChunk = -1;

    private struct Chunk
    {
        /// <summary>Its frames, or null while none of them is in use.</summary>
        public Frame* Frames;

        public int Live;

        /// <summary>The chunk that became free after this one.</summary>
        public int NextFree;
    }

    private readonly NativePages _bytes = new(gate);

    // All of it is linked through what is there: whoever takes or releases a frame makes no managed memory.
    private Frame* _spareRecords;
    private Chunk* _chunks;
    private int _chunkCount, _chunkCapacity;
    private int _firstFree = NoChunk, _lastFree = NoChunk, _free;
    private int _open = NoChunk;
    private int _next;

    /// <summary>Frames in use.</summary>
    public long Count { get; private set; }

    /// <summary>Frames that have bytes of their own.</summary>
    public long WithBytes => _bytes.Count;

    public ref Frame this[long frame]
    {
        get
        {
            Debug.Assert(IsLive(frame));
            // SAFETY: the chunk of a frame in use has its records.
            return ref _chunks[frame >> ChunkShift].Frames[frame & (HugePages - 1)];
        }
    }

    public ulong AddressOf(long frame) => start + ((ulong)frame << PageShift);

    /// <summary>The frame of a physical address; false when there is none in use.</summary>
    public bool TryFind(ulong address, out long frame)
    {
        frame = (long)((address - start) >> PageShift);
        return address >= start && IsLive(frame);
    }

    /// <summary>A frame of zeros with one reference; false without memory.</summary>
    public bool TryTake(out long frame)
    {
        frame = 0;
        if (Count >= limit || ((_open == NoChunk || _next >= HugePages) && !TryOpenChunk()))
            return false;

        frame = ((long)_open << ChunkShift) + _next;
        _next += scatters ? 2 : 1;
        Begin(frame);
        return true;
    }

    /// <summary>As many frames as a huge page has, contiguous and aligned, with one reference each; false without memory.</summary>
    public bool TryTakeHuge(out long first)
    {
        first = 0;
        if (Count + HugePages > limit || !TryUseChunk(out int chunk))
            return false;

        first = (long)chunk << ChunkShift;
        for (int i = 0; i < HugePages; i++)
            Begin(first + i);
        return true;
    }

    /// <summary>512 frames from this one on are a chunk and so can be a huge page.</summary>
    public static bool IsHugeStart(long frame) => (frame & (HugePages - 1)) == 0;

    /// <summary>Frames that no migration can take.</summary>
    public int PinnedCount { get; private set; }

    public void SetPinned(long frame, bool isPinned)
    {
        ref Frame f = ref this[frame];
        PinnedCount += (isPinned ? 1 : 0) - (f.IsPinned ? 1 : 0);
        f.IsPinned = isPinned;
    }

    public void AddReference(long frame) => this[frame].References++;

    /// <summary>Takes a reference away; a frame without any is free.</summary>
    public void Release(long frame)
    {
        ref Frame f = ref this[frame];
        if (--f.References > 0)
            return;

        if (f.Bytes != null)
            _bytes.Return(f.Bytes);
        PinnedCount -= f.IsPinned ? 1 : 0;
        f = default;
        Count--;
        int chunk = (int)(frame >> ChunkShift);
        if (--_chunks[chunk].Live == 0 && chunk != _open)
            Retire(chunk);
    }

    /// <summary>The bytes of a frame, for writing; null without memory.</summary>
    public byte* TryWrite(long frame)
    {
        ref Frame f = ref this[frame];
        if (f.Bytes == null)
            f.Bytes = _bytes.TryTake();
        return f.Bytes;
    }

    /// <summary>Gives a frame the content of another one; false without memory.</summary>
    public bool TryCopy(long from, long to)
    {
        byte* source = this[from].Bytes;
        if (source == null)
            return true;
        byte* target = TryWrite(to);
        if (target == null)
            return false;
        // SAFETY: both are whole pages of frames in use.
        new ReadOnlySpan<byte>(source, 1 << PageShift).CopyTo(new Span<byte>(target, 1 << PageShift));
        return true;
    }

    public void Dispose()
    {
        for (int i = 0; i < _chunkCount; i++)
            NativeBlocks.Return(_chunks[i].Frames);
        while (_spareRecords != null)
            NativeBlocks.Return(PopRecords());
        NativeBlocks.Return(_chunks);
        _chunks = null;
        _chunkCount = _chunkCapacity = 0;
        _open = NoChunk;
        _bytes.Dispose();
    }

    private bool IsLive(long frame) =>
        (ulong)(frame >> ChunkShift) < (ulong)_chunkCount && _chunks[frame >> ChunkShift].Frames is var frames && frames != null
        && frames[frame & (HugePages - 1)].References > 0;

    private void Begin(long frame)
    {
        // SAFETY: its chunk has just got its records.
        _chunks[frame >> ChunkShift].Frames[frame & (HugePages - 1)].References = 1;
        _chunks[frame >> ChunkShift].Live++;
        Count++;
    }

    private bool TryOpenChunk()
    {
        if (!TryUseChunk(out int chunk))
            return false;
        int closed = _open;
        (_open, _next) = (chunk, 0);
        if (closed != NoChunk && _chunks[closed].Live == 0)
            Retire(closed);
        return true;
    }

    private bool TryUseChunk(out int chunk)
    {
        chunk = 0;
        Frame* records = TryTakeRecords();
        if (records == null)
            return false;

        if (_free >= QuarantinedChunks)
        {
            chunk = _firstFree;
            _firstFree = _chunks[chunk].NextFree;
            _free--;
        }
        else if (_chunkCount < _chunkCapacity || TryGrow())
        {
            chunk = _chunkCount++;
        }
        else
        {
            PushRecords(records);
            return false;
        }

        _chunks[chunk] = new Chunk { Frames = records };
        return true;
    }

    private bool TryGrow()
    {
        int capacity = Math.Max(16, _chunkCapacity * 2);
        void* larger = NativeBlocks.TryResize(_chunks, (nuint)capacity * (nuint)sizeof(Chunk));
        if (larger == null)
            return false;
        _chunks = (Chunk*)larger;
        _chunkCapacity = capacity;
        return true;
    }

    // Records of a chunk without frames in use are all zero.
    private Frame* TryTakeRecords()
    {
        if (!gate.Allow())
            return null;
        return _spareRecords != null ? PopRecords() : (Frame*)NativeBlocks.TryTakeZeroed(HugePages * (nuint)sizeof(Frame));
    }

    // SAFETY: spare records are whole blocks that no chunk leads to; the first record of each leads to the next block.
    private Frame* PopRecords()
    {
        Frame* records = _spareRecords;
        _spareRecords = (Frame*)records->Bytes;
        records->Bytes = null;
        return records;
    }

    // SAFETY: as above.
    private void PushRecords(Frame* records)
    {
        records->Bytes = (byte*)_spareRecords;
        _spareRecords = records;
    }

    /// <summary>No frame of a chunk is in use any more: it goes behind all others that are free.</summary>
    private void Retire(int chunk)
    {
        PushRecords(_chunks[chunk].Frames);
        _chunks[chunk].Frames = null;
        if (_free++ == 0)
            _firstFree = chunk;
        else
            _chunks[_lastFree].NextFree = chunk;
        _lastFree = chunk;
    }
}
