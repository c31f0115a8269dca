using XePt.Fences;

namespace XePt.Host;

/// <summary>A migration of pages of a process whose copies are in flight, while no thread waits for them.</summary>
internal abstract class PendingMigration
{
    /// <summary>The next one whose copies are in flight; belongs to the list.</summary>
    public PendingMigration? Next { get; set; }

    /// <summary>Whose pages; the embedder's object itself.</summary>
    public ICpuAddressSpace? Space { get; protected set; }

    /// <summary>Which pages.</summary>
    public AddressRange Range { get; protected set; }

    /// <summary>Signals when its pages are locked no more.</summary>
    public Fence Ended { get; protected set; }

    /// <summary>Ends it when its copies are over, or else lets a millisecond of its device's clock pass. It may have ended already, or be
    /// another one by now, which does no harm.</summary>
    public abstract void Hasten();
}
