using XePt.Uapi;

namespace XePt.Host;

/// <summary>
/// The pages of a file, or of memory that processes share, in a <see cref="ModelMemory"/>: what <see cref="CpuVmaKind.File"/> and
/// <see cref="CpuVmaKind.Shared"/> mappings of it show. Reads as zero until written, and a page costs nothing before it is used.
/// </summary>
/// <remarks>Concurrency: any thread; everything happens under the machine's gate. Its pages stay as long as it is not disposed or mapped
/// somewhere.</remarks>
public sealed class ModelFile : IDisposable
{
    private readonly ModelMemory _memory;
    private readonly Dictionary<ulong, long> _frames = [];
    private bool _isDisposed;

    internal ModelFile(ModelMemory memory, ulong size, bool isAnonymous)
    {
        (_memory, Size) = (memory, size);
        _isDisposed = isAnonymous;
    }

    /// <summary>Bytes of the file; pages that begin beyond cannot be accessed through mappings (SIGBUS, -EFAULT for collections).</summary>
    public ulong Size { get; }

    /// <inheritdoc/>
    public override string ToString() => $"file of 0x{Size:x} bytes";

    /// <summary>Mappings of it.</summary>
    internal int Uses { get; set; }

    internal ModelMemory Memory => _memory;

    /// <summary>Reads bytes of the file; false beyond its size.</summary>
    public bool TryRead(ulong offset, Span<byte> into)
    {
        if (offset > Size || (ulong)into.Length > Size - offset)
            return false;
        _memory.Enter();
        while (!into.IsEmpty)
        {
            int part = PageBytes.PartOf(offset, into.Length);
            if (_frames.TryGetValue(offset / PageBytes.Size, out long frame))
                _memory.Bytes.Read(frame, offset, into[..part]);
            else
                into[..part].Clear();
            offset += (ulong)part;
            into = into[part..];
        }

        _memory.Exit();
        return true;
    }

    /// <summary>Writes bytes of the file; whoever has mapped it shared sees them, who has mapped it privately as long as he has not written
    /// the page.</summary>
    /// <returns>False beyond its size, or without memory.</returns>
    public bool TryWrite(ulong offset, ReadOnlySpan<byte> from)
    {
        if (offset > Size || (ulong)from.Length > Size - offset)
            return false;
        _memory.Enter();
        bool isWritten = true;
        while (isWritten && !from.IsEmpty)
        {
            int part = PageBytes.PartOf(offset, from.Length);
            isWritten = TryFrame(offset / PageBytes.Size, out long frame) == Errno.Ok
                && _memory.Bytes.TryWrite(frame, offset, from[..part]);
            offset += (ulong)part;
            from = from[part..];
        }

        _memory.Exit();
        return isWritten;
    }

    /// <summary>Nobody will map it any more; its pages go with the last mapping.</summary>
    public void Dispose()
    {
        _memory.Enter();
        _isDisposed = true;
        ReleaseIfUnused();
        _memory.Exit();
    }

    /// <summary>The frame of a page, whose reference stays the file's. Inside the gate.</summary>
    /// <returns>Ok; -EFAULT beyond the size; -ENOMEM.</returns>
    internal Errno TryFrame(ulong page, out long frame)
    {
        if (_frames.TryGetValue(page, out frame))
            return Errno.Ok;
        if (page * PageBytes.Size >= Size)
            return Errno.EFAULT;
        if (!_memory.Frames.TryTake(out frame))
            return Errno.ENOMEM;
        _frames.Add(page, frame);
        return Errno.Ok;
    }

    /// <summary>The first of the frames of a huge page: of one that is there already, or of a new one where none of its pages is there.
    /// Inside the gate.</summary>
    /// <returns>False when single pages are there, beyond the size, or without memory.</returns>
    internal bool TryHugeFrames(ulong page, out long first)
    {
        bool isThere = _frames.TryGetValue(page, out first);
        for (ulong i = 0; i < FrameStore.HugePages; i++)
        {
            if ((page + i) * PageBytes.Size >= Size || _frames.TryGetValue(page + i, out long frame) != isThere
                || (isThere && frame != first + (long)i))
                return false;
        }

        if (isThere)
            return FrameStore.IsHugeStart(first);
        if (!_memory.Frames.TryTakeHuge(out first))
            return false;
        for (int i = 0; i < FrameStore.HugePages; i++)
            _frames.Add(page + (ulong)i, first + i);
        return true;
    }

    /// <summary>Drops pages, which read as zero afterwards. Who has mapped them keeps the frames. Inside the gate.</summary>
    internal void Remove(ulong page, ulong count)
    {
        foreach (ulong dropped in _frames.Keys.Where(key => key - page < count).ToArray())
        {
            _ = _frames.Remove(dropped, out long frame);
            _memory.Frames.Release(frame);
        }
    }

    /// <summary>A mapping of it is gone. Inside the gate.</summary>
    internal void EndUse()
    {
        Uses--;
        ReleaseIfUnused();
    }

    private void ReleaseIfUnused()
    {
        if (!_isDisposed || Uses > 0)
            return;
        foreach (long frame in _frames.Values)
            _memory.Frames.Release(frame);
        _frames.Clear();
    }
}
