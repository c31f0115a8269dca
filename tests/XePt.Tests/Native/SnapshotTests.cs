using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Snapshots of the ABI: what a VM was at a moment, whatever it becomes.</summary>
public sealed unsafe class SnapshotTests : IDisposable
{
    private const ulong Va = 0x7f_0000_0000, Size = 4 << 20, Page = 4096;

    private readonly DeviceHandle _device = Abi.CreateDevice("lnl");
    private readonly ClientHandle _client;
    private readonly uint _vm, _bo;

    public SnapshotTests()
    {
        _client = Abi.OpenClient(_device);
        _vm = Abi.CreateVm(_client);
        _bo = Abi.CreateBo(_client, Size);
        Abi.Map(_client, _vm, _bo, Va, Size);
    }

    public void Dispose() => Abi.Destroy(_device);

    [Fact]
    public void A_snapshot_has_the_lists_tables_and_hash_of_its_moment()
    {
        SnapshotHandle taken = Take(_vm);
        ulong hash = HashOf(_vm);
        Abi.Map(_client, _vm, Abi.CreateBo(_client, 0x5000), Va + Size + 0x3000, 0x5000);
        SnapshotInfo info = Describe(taken);
        Assert.Equal((hash, 1u, 1u), (info.Hash, info.VmaCount, info.IsIdle));
        Assert.NotEqual(hash, HashOf(_vm));
        VmaEntry vma = Assert.Single(VmasOf(taken));
        Assert.Equal((Va, Va + Size, (uint)VmaKind.Bo), (vma.Start, vma.End, vma.Kind));
        SnapshotTable[] tables = TablesOf(taken);
        Assert.Equal(info.TableCount, (uint)tables.Length);
        Assert.Equal((0ul, RootOf(_vm), 512u, 1u), (tables[0].Va, tables[0].Address, tables[0].EntryCount, tables[0].LiveCount));
        // The old leaves are where a walk finds them, and say what it says.
        TranslationInfo seen = Abi.Translate(_client, _vm, Va);
        int table = Array.FindIndex(tables, each => each.Level == seen.Level && each.Va <= Va && Va - each.Va < 1ul << 30);
        Assert.Equal(seen.Entry, EntriesOf(taken, (uint)table)[(Va >> 21) & 511]);
        Assert.Equal(0, Free(taken));
    }

    [Fact]
    public void What_differs_is_told_and_what_does_not_is_not()
    {
        SnapshotHandle before = Take(_vm), again = Take(_vm);
        Assert.Empty(Compare(before, again, CompareFlags.TablePlaces));
        // Behind the first 4 MiB, so a second VMA and a new leaf table; the leaves that were there stay.
        Abi.Map(_client, _vm, Abi.CreateBo(_client, Page), Va + Size, Page);
        SnapshotHandle after = Take(_vm);
        DifferenceEntry[] found = Compare(before, after);
        DifferenceEntry vma = Assert.Single(found, each => each.Kind == (uint)DifferenceKind.Vma);
        Assert.Equal((Va + Size, Va + Size + Page, (uint)DifferenceSides.Second), (vma.Start, vma.End, vma.In));
        DifferenceEntry[] tables = [.. found.Where(each => each.Kind == (uint)DifferenceKind.Table)];
        Assert.Equal(
            [(1u, (uint)(DifferenceSides.First | DifferenceSides.Second)), (0u, (uint)DifferenceSides.Second)],
            tables.Select(each => (each.Level, each.In)));
        Assert.Equal((Va + Size, Va + Size + (2 << 20), 0ul), (tables[1].Start, tables[1].End, tables[1].First));
        DifferenceEntry entry = Assert.Single(found, each => each.Kind == (uint)DifferenceKind.Entry);
        Assert.Equal((1u, Va + Size, Va + Size + (2 << 20), 0ul), (entry.Level, entry.Start, entry.End, entry.First));
        Assert.Equal(tables[1].Second, entry.Second & ~0xffful);
        // The other way round each side has what the other had.
        Assert.Equal(
            found.Select(each => each with { First = each.Second, Second = each.First, In = Turned(each.In) }), Compare(after, before));
    }

    /// <summary>A call that fails changes nothing, byte for byte, and calls of other kinds go on from there.</summary>
    [Fact]
    public void A_refused_call_leaves_no_difference()
    {
        SnapshotHandle before = Take(_vm);
        Assert.Equal((int)Errno.EINVAL, Abi.Bind(_client, _vm, new DrmXeVmBindOp { Obj = _bo, Addr = Va + 0x800, Range = Page }));
        Assert.Equal((int)Errno.ENOENT, Abi.Bind(_client, _vm, new DrmXeVmBindOp { Obj = _bo + 9, Addr = Va, Range = Page }));
        SnapshotHandle after = Take(_vm);
        Assert.Empty(Compare(before, after, CompareFlags.TablePlaces));
        Assert.Equal(Describe(before).Hash, Describe(after).Hash);
        Assert.Equal(0, Abi.Bind(_client, _vm, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = Size }));
        Assert.Single(Compare(after, Take(_vm)), each => each is { Kind: (uint)DifferenceKind.Vma, In: (uint)DifferenceSides.First });
    }

    /// <summary>Tables of two VMs are never at the same place; what they map may be the same.</summary>
    [Theory]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.ScratchPage)]
    public void Two_vms_are_compared_without_where_their_tables_are(VmCreateFlags flags)
    {
        uint one = Abi.CreateVm(_client, flags), other = Abi.CreateVm(_client, flags);
        foreach (uint vm in new[] { one, other })
            Abi.Map(_client, vm, _bo, Va, 0x203000);
        SnapshotHandle first = Take(one), second = Take(other);
        Assert.Empty(Compare(first, second));
        DifferenceEntry[] places = Compare(first, second, CompareFlags.TablePlaces);
        Assert.Equal(
            TablesOf(first).Select(table => table.Address).Order(),
            places.Where(each => each.Kind == (uint)DifferenceKind.Table).Select(each => each.First).Order());
        // One of them maps another page at the end.
        Assert.Equal(0, Abi.Bind(_client, other, new DrmXeVmBindOp { Obj = _bo, Addr = Va + 0x202000, Range = Page }));
        DifferenceEntry[] left = Compare(first, Take(other));
        Assert.Contains(left, each => each is { Kind: (uint)DifferenceKind.Entry, Level: 0, Start: Va + 0x202000, End: Va + 0x203000 });
        Assert.All(left, each => Assert.InRange(each.Start, Va, Va + 0x202000));
    }

    [Fact]
    public void A_snapshot_outlives_its_device_and_ends_once()
    {
        SnapshotHandle taken = Take(_vm);
        Abi.Destroy(_device);
        Assert.Single(VmasOf(taken));
        Assert.NotEmpty(EntriesOf(taken, 0));
        Assert.Empty(Compare(taken, taken, CompareFlags.TablePlaces));
        Assert.Equal(0, Free(taken));
        Assert.Equal((int)Errno.EBADF, Free(taken));
        Assert.Equal("-EBADF: 0x" + $"{taken.Value:x} is no handle of a snapshot", Abi.LastFailure().Sentence);
    }

    [Fact]
    public void What_means_nothing_is_refused()
    {
        SnapshotHandle taken = Take(_vm);
        delegate* unmanaged<ClientHandle, uint, SnapshotHandle*, int> take = &SnapshotExports.Take;
        SnapshotHandle none = default;
        Assert.Equal((int)Errno.ENOENT, take(_client, _vm + 5, &none));
        Assert.Equal((int)Errno.EFAULT, take(_client, _vm, null));
        Assert.Equal(default, none);
        delegate* unmanaged<SnapshotHandle, SnapshotInfo*, int> describe = &SnapshotExports.Describe;
        Assert.Equal((int)Errno.EFAULT, describe(taken, null));
        delegate* unmanaged<SnapshotHandle, VmaEntry*, uint*, int> vmas = &SnapshotExports.Vmas;
        delegate* unmanaged<SnapshotHandle, SnapshotTable*, uint*, int> tables = &SnapshotExports.Tables;
        delegate* unmanaged<SnapshotHandle, uint, ulong*, uint*, int> entries = &SnapshotExports.Entries;
        delegate* unmanaged<SnapshotHandle, SnapshotHandle, uint, DifferenceEntry*, uint*, int> compare = &SnapshotExports.Compare;
        uint count = 0;
        Assert.Equal((int)Errno.EFAULT, vmas(taken, null, null));
        Assert.Equal((int)Errno.ENOSPC, vmas(taken, null, &count));
        Assert.Equal(1u, count);
        Assert.Equal((int)Errno.EFAULT, vmas(taken, null, &count));
        Assert.Equal((int)Errno.EFAULT, tables(taken, null, null));
        Assert.Equal((int)Errno.EFAULT, entries(taken, 0, null, null));
        Assert.Equal((int)Errno.EINVAL, entries(taken, (uint)TablesOf(taken).Length, null, &count));
        Assert.Equal((int)Errno.EFAULT, compare(taken, taken, 0, null, null));
        Assert.Equal((int)Errno.EINVAL, compare(taken, taken, 2, null, &count));
        Assert.Equal((int)Errno.EBADF, compare(taken, new SnapshotHandle(_client.Value), 0, null, &count));
        Assert.Equal(1u, count);
        Assert.Equal(0, Free(taken));
    }

    /// <summary>Two VMAs come and go by one call each: no snapshot has one of them alone, or entries without their VMA.</summary>
    [Fact]
    [Rule("BIND-271")]
    public void Snapshots_while_others_bind_have_each_call_as_a_whole()
    {
        const ulong Other = Va + (1ul << 32);
        const int Rounds = 300;
        uint vm = Abi.CreateVm(_client);
        int taken = 0;
        bool isOver = false;
        var binder = new Thread(() =>
        {
            // On until enough snapshots were taken, at least so many rounds.
            for (int round = 0; round < Rounds || Volatile.Read(ref taken) < 50; round++)
            {
                BindBoth(vm, VmBindOp.Map, _bo, Other);
                BindBoth(vm, VmBindOp.Unmap, 0, Other);
            }

            Volatile.Write(ref isOver, true);
        });
        binder.Start();
        var wrong = new List<string>();
        while (!Volatile.Read(ref isOver))
        {
            SnapshotHandle snapshot = Take(vm);
            int vmas = VmasOf(snapshot).Length, tables = TablesOf(snapshot).Length;
            SnapshotTable[] directories = [.. TablesOf(snapshot).Where(table => table.Level == 1)];
            uint leaves = (uint)directories.Sum(table => table.LiveCount);
            if ((vmas, leaves) is not ((0, 0) or (2, 4)) || (vmas == 0) != (tables == 1))
                wrong.Add($"{vmas} VMAs, {leaves} leaves, {tables} tables");
            Assert.Equal(0, Free(snapshot));
            Volatile.Write(ref taken, taken + 1);
        }

        binder.Join();
        Assert.Empty(wrong);
    }

    private void BindBoth(uint vm, VmBindOp op, uint bo, ulong other)
    {
        DrmXeVmBindOp* ops = stackalloc DrmXeVmBindOp[2];
        ops[0] = new DrmXeVmBindOp { Op = op, Obj = bo, Addr = Va, Range = Size };
        ops[1] = ops[0] with { Addr = other };
        var args = new DrmXeVmBind { VmId = vm, NumBinds = 2, VectorOfBinds = (ulong)ops };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.VmBind, ref args));
    }

    private static uint Turned(uint sides) => (sides >> 1) | ((sides & 1) << 1);

    private SnapshotHandle Take(uint vm)
    {
        SnapshotHandle snapshot;
        delegate* unmanaged<ClientHandle, uint, SnapshotHandle*, int> take = &SnapshotExports.Take;
        Assert.Equal(0, take(_client, vm, &snapshot));
        return snapshot;
    }

    private static int Free(SnapshotHandle snapshot)
    {
        delegate* unmanaged<SnapshotHandle, int> free = &SnapshotExports.Free;
        return free(snapshot);
    }

    private static SnapshotInfo Describe(SnapshotHandle snapshot)
    {
        var info = new SnapshotInfo { Size = (uint)sizeof(SnapshotInfo) };
        delegate* unmanaged<SnapshotHandle, SnapshotInfo*, int> describe = &SnapshotExports.Describe;
        Assert.Equal(0, describe(snapshot, &info));
        return info;
    }

    private static VmaEntry[] VmasOf(SnapshotHandle snapshot)
    {
        delegate* unmanaged<SnapshotHandle, VmaEntry*, uint*, int> get = &SnapshotExports.Vmas;
        var vmas = new VmaEntry[Describe(snapshot).VmaCount];
        uint count = (uint)vmas.Length;
        fixed (VmaEntry* into = vmas)
            Assert.Equal(0, get(snapshot, into, &count));
        return vmas;
    }

    private static SnapshotTable[] TablesOf(SnapshotHandle snapshot)
    {
        delegate* unmanaged<SnapshotHandle, SnapshotTable*, uint*, int> get = &SnapshotExports.Tables;
        var tables = new SnapshotTable[Describe(snapshot).TableCount];
        uint count = (uint)tables.Length;
        fixed (SnapshotTable* into = tables)
            Assert.Equal(0, get(snapshot, into, &count));
        return tables;
    }

    private static ulong[] EntriesOf(SnapshotHandle snapshot, uint table)
    {
        delegate* unmanaged<SnapshotHandle, uint, ulong*, uint*, int> get = &SnapshotExports.Entries;
        var entries = new ulong[TablesOf(snapshot)[table].EntryCount];
        uint count = (uint)entries.Length;
        fixed (ulong* into = entries)
            Assert.Equal(0, get(snapshot, table, into, &count));
        return entries;
    }

    private static DifferenceEntry[] Compare(SnapshotHandle first, SnapshotHandle second, CompareFlags flags = 0)
    {
        delegate* unmanaged<SnapshotHandle, SnapshotHandle, uint, DifferenceEntry*, uint*, int> compare = &SnapshotExports.Compare;
        uint count = 0;
        int error = compare(first, second, (uint)flags, null, &count);
        Assert.Equal(count == 0 ? 0 : (int)Errno.ENOSPC, error);
        var differences = new DifferenceEntry[count];
        fixed (DifferenceEntry* into = differences)
            Assert.Equal(0, compare(first, second, (uint)flags, into, &count));
        return differences;
    }

    private ulong HashOf(uint vm)
    {
        ulong hash;
        delegate* unmanaged<ClientHandle, uint, ulong*, int> get = &VmExports.Hash;
        Assert.Equal(0, get(_client, vm, &hash));
        return hash;
    }

    private ulong RootOf(uint vm)
    {
        var info = new VmInfo { Size = (uint)sizeof(VmInfo) };
        delegate* unmanaged<ClientHandle, uint, VmInfo*, int> describe = &VmExports.Info;
        Assert.Equal(0, describe(_client, vm, &info));
        return info.Root[0];
    }
}
