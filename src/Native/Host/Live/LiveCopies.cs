using XePt.Host;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Copies pages of processes into device memory and back, but for those of this process: their bytes stay where the program sees
/// them (<see cref="LiveBlock"/>).</summary>
internal sealed class LiveCopies : ICopyEngine
{
    private long _copies, _pages;

    /// <summary>Copies so far, those included whose bytes have stayed where they are.</summary>
    public long Copies => Interlocked.Read(ref _copies);

    /// <summary>Pages of 4 KiB in them.</summary>
    public long Pages => Interlocked.Read(ref _pages);

    /// <inheritdoc/>
    public Errno Copy(in CopyJob job)
    {
        Interlocked.Increment(ref _copies);
        Interlocked.Add(ref _pages, job.Pages.Length);
        return job.Other is LiveProcess ? Errno.Ok : InstantCopyEngine.Instance.Copy(job);
    }
}
