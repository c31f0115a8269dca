using XePt.Fences;
using XePt.Uapi;

namespace XePt.Host;

// The CPU's accesses (HST-010): they populate pages, break sharing, bring device pages back, and wait for migrations.
public sealed partial class ModelProcess
{
    /// <summary>Reads bytes as the CPU does.</summary>
    /// <returns>False when any of them cannot be read: not mapped, PROT_NONE, I/O, or no memory. An aligned word of 4 or 8 bytes is read as
    /// a whole.</returns>
    public bool TryRead(ulong address, Span<byte> into) => Read(address, into) == Errno.Ok;

    /// <summary>Writes bytes as the CPU does.</summary>
    /// <returns>False when any of them cannot be written; those of the pages before have been.</returns>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => Write(address, from) == Errno.Ok;

    /// <summary>As <see cref="TryRead"/>, and says why it fails.</summary>
    /// <returns>Ok; -EFAULT: not readable; -EIO: a device could not bring a page back (SIGBUS, SVM-183); -ENOMEM.</returns>
    public Errno Read(ulong address, Span<byte> into)
    {
        Errno error = Errno.Ok;
        Enter();
        while (!into.IsEmpty && error == Errno.Ok)
        {
            int part = PageBytes.PartOf(address, into.Length);
            error = Reach(address, new PageAccess(Write: false, IsCpu: true, null, WantsHuge: false), out PageEntry entry);
            if (error == Errno.Ok)
                _memory.Bytes.Read(entry.Frame, address, into[..part]);
            address += (ulong)part;
            into = into[part..];
        }

        _memory.Exit();
        ThreadJobs.Own.RunIfFree();
        return error;
    }

    /// <summary>As <see cref="TryWrite"/>, and says why it fails.</summary>
    /// <returns>Ok; -EFAULT: not writable; -EIO: a device could not bring a page back (SIGBUS, SVM-183); -ENOMEM.</returns>
    public Errno Write(ulong address, ReadOnlySpan<byte> from)
    {
        Errno error = Errno.Ok;
        Enter();
        while (!from.IsEmpty && error == Errno.Ok)
        {
            int part = PageBytes.PartOf(address, from.Length);
            error = Reach(address, new PageAccess(Write: true, IsCpu: true, null, WantsHuge: false), out PageEntry entry);
            if (error == Errno.Ok && !_memory.Bytes.TryWrite(entry.Frame, address, from[..part]))
                error = Errno.ENOMEM;
            address += (ulong)part;
            from = from[part..];
        }

        _memory.Exit();
        ThreadJobs.Own.RunIfFree();
        return error;
    }

    /// <summary>Touches every page of an interval as the CPU does, upwards, until one fails.</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="write">Writes, without changing the bytes.</param>
    /// <param name="huge">Where 2 MiB of a mapping are not populated at all they become one huge page.</param>
    /// <returns>As <see cref="Write"/> and <see cref="Read"/>.</returns>
    public Errno Touch(AddressRange range, bool write, bool huge = false)
    {
        var access = new PageAccess(write, IsCpu: true, null, huge);
        Errno error = Errno.Ok;
        Enter();
        for (ulong at = range.Start; at < range.End && error == Errno.Ok; at += PageBytes.Size)
            error = Reach(at, access, out _);
        _memory.Exit();
        ThreadJobs.Own.RunIfFree();
        return error;
    }

    /// <summary>Pins the system pages of an interval that are populated, or lets go of them: no migration takes a pinned page. Belongs to
    /// the page, not to the address.</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="isPinned">Pinned or not.</param>
    public void SetPinned(AddressRange range, bool isPinned)
    {
        Enter();
        foreach (PageMap.Place page in _pages.Populated(range.Start, range.End))
        {
            if (page.Entry is { State: PageState.System } entry)
                _memory.Frames.SetPinned(entry.Frame, isPinned);
        }

        _memory.Exit();
    }

    /// <summary>Repeats an access until the page is there. Inside the gate, which is left meanwhile when it has to be.</summary>
    private Errno Reach(ulong address, in PageAccess access, out PageEntry entry)
    {
        var spin = default(SpinWait);
        ulong page = address & ~(ulong)(PageBytes.Size - 1);
        while (true)
        {
            entry = default;
            int vma = _vmas.Find(page);
            if (vma == 0 || !_vmas[vma].IsReadable || (access.Write && !_vmas[vma].IsWritable))
                return Errno.EFAULT;
            PageStep step = Resolve(vma, page, access, out entry, out Errno error);
            if (step == PageStep.Done)
                return Errno.Ok;
            if (step == PageStep.Busy)
                WaitForMigration(page, page + PageBytes.Size, ref spin);
            else if (step == PageStep.Pull)
                error = Pull(vma, page) is Errno.Ok or Errno.EAGAIN ? Errno.Ok : Errno.EIO;
            else if (step == PageStep.Copy)
                error = BreakSharing(page);
            if (error != Errno.Ok)
                return error;
        }
    }
}
