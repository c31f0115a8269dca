using XePt.Uapi;

namespace XePt.Host;

/// <summary>Which way a copy goes.</summary>
public enum CopyDirection
{
    /// <summary>Into the device memory that <see cref="CopyJob.Device"/> names.</summary>
    ToDevice,

    /// <summary>Out of it.</summary>
    FromDevice,
}

/// <summary>One job of a copy engine (HST-030): a contiguous piece of device memory, and the pages that it is copied from or to.</summary>
public readonly ref struct CopyJob(
    CopyDirection direction, int tile, IFrameMemory device, ulong deviceAddress, IFrameMemory other, ReadOnlySpan<ulong> pages)
{
    /// <summary>Which way.</summary>
    public CopyDirection Direction { get; } = direction;

    /// <summary>Tile of the copy engine.</summary>
    public int Tile { get; } = tile;

    /// <summary>Bytes of the tile's memory.</summary>
    public IFrameMemory Device { get; } = device;

    /// <summary>Device address of the piece.</summary>
    public ulong DeviceAddress { get; } = deviceAddress;

    /// <summary>Bytes of the pages: system memory, or memory of another tile.</summary>
    public IFrameMemory Other { get; } = other;

    /// <summary>Address of each page of 4 KiB, in the order of the piece; at most 8 MiB (CFG-010).</summary>
    public ReadOnlySpan<ulong> Pages { get; } = pages;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Pages.Length} page{(Pages.Length == 1 ? "" : "s")} "
        + $"{(Direction == CopyDirection.ToDevice ? "to" : "from")} 0x{DeviceAddress:x} by tile {Tile}";
}

/// <summary>Copies pages of a process into and out of device memory when they migrate (HST-030).</summary>
public interface ICopyEngine
{
    /// <summary>Does a job; what it has copied is visible to everybody when it returns.</summary>
    /// <returns>Ok, or the errno that the migration fails with.</returns>
    Errno Copy(in CopyJob job);

    /// <summary>Begins a job whose end nobody waits for with a thread: with the queued drive the page fault that needs it is put off until
    /// then, with its queue. An engine that does jobs at once need not have it. Other copies (prefetches, pages that the CPU or another
    /// device wants, evictions) are wanted by a thread that can do nothing else, and go through <see cref="Copy"/>. Whoever needs the pages
    /// meanwhile waits for the job: a fault without a thread; the CPU, a fork, an mremap with theirs, on which the device's clock goes on,
    /// so that an engine may complete jobs by its events (<see cref="XeClock.At"/>); a call that binds them for a second of the clock at
    /// most.</summary>
    /// <param name="job">The job. Its list of pages is there only during the call.</param>
    /// <param name="done">Signals when what it has copied is visible to everybody, with the errno that the migration fails with; before the
    /// device is disposed.</param>
    /// <returns>Ok, or the errno that the migration fails with; then nothing has begun.</returns>
    Errno Begin(in CopyJob job, out Fence done)
    {
        done = Fence.Signalled;
        return Copy(job);
    }
}

/// <summary>Moves the bytes at once. The default.</summary>
public sealed class InstantCopyEngine : ICopyEngine
{
    private const int PageBytes = 4096;

    /// <summary>The only one there need be.</summary>
    public static InstantCopyEngine Instance { get; } = new();

    /// <inheritdoc/>
    public Errno Copy(in CopyJob job)
    {
        Span<byte> page = stackalloc byte[PageBytes];
        ulong device = job.DeviceAddress;
        foreach (ulong other in job.Pages)
        {
            bool toDevice = job.Direction == CopyDirection.ToDevice;
            bool isDone = toDevice ? job.Other.TryRead(other, page) && job.Device.TryWrite(device, page)
                : job.Device.TryRead(device, page) && job.Other.TryWrite(other, page);
            if (!isDone)
                return Errno.EIO;
            device += PageBytes;
        }

        return Errno.Ok;
    }

    /// <inheritdoc/>
    public override string ToString() => "copies at once";
}
