using XePt.Tlb;

namespace XePt.Accesses;

/// <summary>Watches the accesses of a device, page by page: who checks that none uses a translation that is gone.</summary>
internal abstract class AccessWatch
{
    /// <summary>An access is about to walk the tables.</summary>
    /// <returns>Newest invalidation that was issued on the GT so far.</returns>
    public abstract ulong Begin(int gt);

    /// <summary>The access has moved its bytes by what it has found, and still holds what it found in place.</summary>
    /// <param name="gt">The GT.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="used">What it has found.</param>
    /// <param name="begun">What <see cref="Begin"/> gave.</param>
    public abstract void End(int gt, TlbVm vm, in Translation used, ulong begun);
}
