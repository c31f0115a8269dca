using System.Runtime.CompilerServices;
using XePt.Fences;
using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>What removed VMAs held, kept until the bind that removed them has completed: until then the GPU may still reach the memory
/// (BIND-229). The VM's writer side only; the fences' threads hand what has become free to the list of what can be done.</summary>
internal sealed class DeferredReleases(BoTable bos, CpuAddressSpace cpu, UserptrTable userptrs, LaterList later)
{
    private readonly PendingJobs<Release> _pending = new();
    private readonly Stack<Release> _idle = [];

    /// <summary>Drops a BO reference, or a userptr with its pages, after a fence; at once when it has signalled. Slot 0 stands for
    /// none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Fence after, int bo, int userptr)
    {
        if (userptr == 0 && bo != 0 && after.IsSignalled)
            bos.DropReference(bo);
        else if ((bo | userptr) != 0)
            Add(after, new Held(bo, userptr, Pages: 0));
    }

    /// <summary>Unpins CPU pages after a fence; slot 0 stands for none.</summary>
    public void AddPages(Fence after, int pages)
    {
        if (pages != 0)
            Add(after, new Held(Bo: 0, Userptr: 0, pages));
    }

    /// <summary>Gives everything back in the order it was added, because the VM's tables are gone. No harvest follows.</summary>
    public void End()
    {
        if (_pending.Count == 0)
            return;
        foreach (Release release in _pending.InOrder())
            GiveBack(release);
    }

    private void Add(Fence after, in Held held)
    {
        if (after.IsSignalled)
        {
            GiveBack(held);
            return;
        }

        Release release = _idle.TryPop(out Release? idle) ? idle : new Release(this, later);
        release.Held = held;
        _pending.Add(release);
        if (!release.TryHold(after))
            GiveBack(release);
    }

    private void GiveBack(Release release)
    {
        GiveBack(release.Held);
        _pending.Remove(release);
        _idle.Push(release);
    }

    private void GiveBack(in Held held)
    {
        if (held.Bo != 0)
            bos.DropReference(held.Bo);
        int pages = held.Userptr != 0 ? userptrs.Remove(held.Userptr) : held.Pages;
        if (pages != 0)
            cpu.Unpin(pages);
    }

    /// <summary>Slots, 0 for none.</summary>
    private readonly record struct Held(int Bo, int Userptr, int Pages);

    private sealed class Release(DeferredReleases owner, LaterList later) : Later(later), IPendingJob
    {
        public int Place { get; set; }

        public long Serial { get; set; }

        public Held Held { get; set; }

        /// <summary>Waits for the fence; false when there is nothing to wait for.</summary>
        public bool TryHold(Fence after) => TryAwait(after);

        public override void Settle() => owner.GiveBack(this);
    }
}
