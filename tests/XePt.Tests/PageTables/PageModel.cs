using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.PageTables;

/// <summary>
/// A naive model of a VM: what each 4 KiB page is mapped to. <see cref="Check"/> walks the tables of every tile and compares with what
/// PT-024, PT-031 and PT-036 prescribe for the page, whatever leaf it is in (PT-216).
/// </summary>
internal sealed class PageModel(TestGpu gpu, bool isLongRunning)
{
    private readonly SortedDictionary<ulong, Mapping> _pages = [];

    /// <param name="Bo">The BO, or null.</param>
    /// <param name="Offset">Offset inside the BO, or physical address of a userptr page.</param>
    private sealed record Mapping(XeBo? Bo, bool IsNull, ulong Offset, bool IsWritable, int Pat);

    /// <summary>An op that succeeded.</summary>
    /// <param name="op">MAP, UNMAP or MAP_USERPTR; others change no page.</param>
    /// <param name="userptrAddress">Physical address of a CPU address.</param>
    public void Apply(in DrmXeVmBindOp op, Func<ulong, ulong> userptrAddress)
    {
        if (op.Op is not (VmBindOp.Map or VmBindOp.Unmap or VmBindOp.MapUserptr))
            return;

        for (ulong at = 0; at < op.Range; at += 4096)
        {
            _pages.Remove(op.Addr + at);
            if (op.Op == VmBindOp.Unmap)
                continue;
            bool isNull = (op.Flags & VmBindFlags.Null) != 0;
            ulong offset = op.Op == VmBindOp.MapUserptr ? userptrAddress(op.Userptr + at) : op.ObjOffset + at;
            XeBo? bo = op.Obj == 0 ? null : gpu.File.FindBo(op.Obj);
            _pages.Add(op.Addr + at, new Mapping(bo, isNull, offset, (op.Flags & VmBindFlags.ReadOnly) == 0, op.PatIndex));
        }
    }

    /// <summary>Compares every page of <c>[start, end)</c>.</summary>
    public void Check(ulong start, ulong end)
    {
        for (ulong va = start; va < end; va += 4096)
        {
            for (int tile = 0; tile < gpu.Device.Platform.TileCount; tile++)
                Check(va, ByteWalker.Walk(gpu.Vm, va, tile), tile);
        }
    }

    private void Check(ulong va, WalkEnd end, int tile)
    {
        if (!_pages.TryGetValue(va, out Mapping? page))
        {
            Assert.Null(gpu.Vm.FindVma(va));
            Assert.Equal(gpu.Vm.EmptyEntry(end.Level, tile), end.Entry);
            return;
        }

        VmaInfo vma = gpu.VmaAt(va);
        bool isValid = ((vma.TilePresent & ~vma.TileInvalidated) >> tile) % 2 != 0;
        if (!end.IsPresent)
        {
            // A zap may have taken the entry of a table that holds pages of other VMAs, too; those stay marked valid.
            Assert.True(end.Entry == 0 && (!isValid || gpu.Vm.Counters.ZapInvalidations > 0));
            return;
        }

        Assert.True(isValid);

        (ulong address, bool isVram) = page.IsNull ? (va & (end.PageBytes - 1), false) : Place(page);
        Assert.Equal(
            (true, address, page.IsWritable, page.Pat, isVram, HasAtomics(page, isVram), page.IsNull),
            (end.IsPresent, end.Address, end.Has(EntryBits.Writable), end.Pat, end.Has(EntryBits.DeviceMemory),
                end.Has(EntryBits.AtomicEnable), end.Has(EntryBits.Null)));
    }

    private (ulong Address, bool IsVram) Place(Mapping page)
    {
        if (page.Bo is null)
            return (page.Offset, false);

        ulong offset = page.Offset;
        foreach ((ulong address, ulong size) in page.Bo.Segments)
        {
            if (offset < size)
            {
                int region = page.Bo.Region!.Value;
                return (address + offset + (region == 0 ? 0 : gpu.Device.Platform.VramDpaBase[region - 1]), region != 0);
            }

            offset -= size;
        }

        throw new InvalidOperationException("the offset lies outside the BO");
    }

    /// <summary>PT-034 to PT-036 for the default attribute.</summary>
    private bool HasAtomics(Mapping page, bool isVram)
    {
        PlatformInfo platform = gpu.Device.Platform;
        if (!platform.HasAtomicEnableBit || page.IsNull)
            return false;
        if (isVram)
            return true;
        bool onePlacement = page.Bo is { } bo && System.Numerics.BitOperations.IsPow2(bo.Placements);
        return platform.DeviceAtomicsOnSystemMemory && (!platform.IsDiscrete || !isLongRunning || onePlacement);
    }
}
