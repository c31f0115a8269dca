using System.Runtime.InteropServices;
using XePt.Epochs;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// The epoch domain alone: readers pin, follow a link to an object and read it; a writer unlinks, stamps, advances, scans the pins and uses
/// the object again if that is safe. Several readers at once show that a scan looks at every entry that matters.
/// </summary>
public sealed unsafe class PinAndReuse : Protocol
{
    private const int Link = 0, Content = 8;

    private readonly EpochDomain _epochs = new();

    // Two words on lines of their own: the link, 1 or 0, and what is behind it, 1 or, for the next owner, 2.
    private readonly ulong* _words = (ulong*)NativeMemory.AllocZeroed(16, sizeof(ulong));

    public PinAndReuse() => _words[Link] = _words[Content] = 1;

    public override MemoryModel Memory => MemoryModel.TotalStoreOrder;

    public override IReadOnlyList<Action> Threads => [Unlink, Read, Read];

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        // SAFETY: the block is this object's alone, and its threads are done.
        NativeMemory.Free(_words);
    }

    private void Unlink()
    {
        Volatile.Write(ref *(_words + Link), 0UL);
        Interlocked.MemoryBarrier();
        long stamp = _epochs.Current;
        _epochs.Advance();
        if (stamp < _epochs.SafeBefore(out _))
            Volatile.Write(ref *(_words + Content), 2UL);
    }

    private void Read()
    {
        long* pin = _epochs.Enter();
        if (Volatile.Read(ref *(_words + Link)) != 0)
            Require(Volatile.Read(ref *(_words + Content)) == 1, "a pinned reader never meets the next owner");
        _epochs.Exit(pin);
    }
}
