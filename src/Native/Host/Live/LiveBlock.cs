using XePt.Host;
using XePt.Queues;
using XePt.Svm;

namespace XePt.Native;

/// <summary>
/// A block of device memory that pages of this process live in. The program's accesses cannot be trapped, so the bytes stay where they
/// are, and the device finds them there: while pages live in the block, its addresses lead to those of the process.
/// </summary>
internal sealed class LiveBlock
{
    private const int PageShift = 12;

    private RegionStore? _store;

    /// <summary>The block, or null while the record is not in use.</summary>
    public DeviceBlock? Block { get; private set; }

    /// <summary>Its number in entries.</summary>
    public int Number { get; init; }

    /// <summary>Entries and migrations that use pages of it.</summary>
    public int References { get; set; }

    private ulong Place { get; set; }

    /// <summary>Address of a page, if it still lives here.</summary>
    public ulong AddressOf(int page) => Place + ((ulong)page << PageShift);

    /// <summary>Pages are about to be installed in the block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="place">Address of the page that is its first.</param>
    public void Begin(DeviceBlock block, ulong place)
    {
        (Block, Place, References) = (block, place, 0);
        block.HostState = this;
        if (block is not SvmBlock own || own.Pagemap.Bytes is not StoreBytes { Store: RegionStore store })
            return;
        _store = store;
        store.Live.Add(own.Address, own.Size, place);
    }

    /// <summary>No page lives in it.</summary>
    public void End()
    {
        if (_store is not null)
            _store.Live.Remove(((SvmBlock)Block!).Address);
        Block!.HostState = null;
        (Block, _store) = (null, null);
    }
}
