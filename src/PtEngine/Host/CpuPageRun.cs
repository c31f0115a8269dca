using System.Runtime.CompilerServices;

namespace XePt.Host;

/// <summary>Where a page of a process is (HST-004).</summary>
public enum CpuPageKind : byte
{
    /// <summary>Not populated, not mapped, or in memory of a device of another owner.</summary>
    Absent = 0,

    /// <summary>In system memory.</summary>
    System = 1,

    /// <summary>In memory of a device of the caller's owner.</summary>
    Device = 2,
}

/// <summary>Pages that follow each other in a process and in the memory they are in (HST-004). System pages of a run are contiguous frames
/// of one order and one write bit; device pages are contiguous in one block; absent pages are simply absent.</summary>
/// <param name="Address">CPU address of the first page.</param>
/// <param name="Pages">Pages of 4 KiB, at least 1.</param>
/// <param name="Kind">Where they are.</param>
/// <param name="IsWritable">System pages: the CPU's own entry lets it write (no write-protection, no copy-on-write pending).</param>
/// <param name="Order">Order of the CPU's mapping: 9 for pages of a huge page of 2 MiB, else 0.</param>
/// <param name="Frame">System pages: physical address of the first one.</param>
/// <param name="Block">Device pages: the block.</param>
/// <param name="FirstPage">Device pages: number of the first one in its block.</param>
public readonly record struct CpuPageRun(
    ulong Address, int Pages, CpuPageKind Kind, bool IsWritable, byte Order, ulong Frame, DeviceBlock? Block, int FirstPage)
{
    /// <summary>System pages that no migration can take (they are pinned for DMA, for example).</summary>
    public bool IsPinned { get; init; }

    /// <summary>Its addresses in the process.</summary>
    public AddressRange Range => new(Address, Address + ((ulong)Pages << 12));

    /// <summary>For example <c>[0x7f0000000000, 0x7f0000002000) System writable at 0x40000000</c>.</summary>
    public override string ToString() => $"{Range} " + Kind switch
    {
        CpuPageKind.System => $"{Kind}{(IsWritable ? " writable" : "")}{(Order > 0 ? $" order {Order}" : "")} at 0x{Frame:x}",
        CpuPageKind.Device => $"{Kind} from page {FirstPage}",
        _ => $"{Kind}",
    };

    /// <summary>A run of absent pages.</summary>
    public static CpuPageRun Absent(ulong address, int pages) => new(address, pages, CpuPageKind.Absent, false, 0, 0, null, 0);

    /// <summary>A run of system pages.</summary>
    public static CpuPageRun System(ulong address, int pages, ulong frame, byte order, bool isWritable) =>
        new(address, pages, CpuPageKind.System, isWritable, order, frame, null, 0);

    /// <summary>A run of device pages.</summary>
    public static CpuPageRun Device(ulong address, int pages, DeviceBlock block, int firstPage) =>
        new(address, pages, CpuPageKind.Device, false, 0, 0, block, firstPage);

    /// <summary>One of its pages, by number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal CpuPageRun PageAt(int index)
    {
        ulong offset = (ulong)index << 12;
        return this with { Address = Address + offset, Pages = 1, Frame = Frame + offset, FirstPage = FirstPage + index };
    }

    /// <summary>The other run goes on where this one ends, in the process and in memory.</summary>
    public bool IsContinuedBy(in CpuPageRun next)
    {
        if (next.Address != Range.End || next.Kind != Kind || next.Pages > int.MaxValue - Pages)
            return false;
        return Kind switch
        {
            CpuPageKind.System => next.Frame == Frame + ((ulong)Pages << 12) && next.Order == Order
                && next.IsWritable == IsWritable && next.IsPinned == IsPinned,
            CpuPageKind.Device => ReferenceEquals(next.Block, Block) && next.FirstPage == FirstPage + Pages,
            _ => true,
        };
    }
}
