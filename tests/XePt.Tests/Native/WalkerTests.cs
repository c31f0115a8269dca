using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Walkers of the ABI, and one that walks the tables themselves.</summary>
public sealed unsafe class WalkerTests : IDisposable
{
    private const ulong Va = 0x7f_0000_0000, Size = 4 << 20;

    private readonly DeviceHandle _device = Abi.CreateDevice("lnl");
    private readonly ClientHandle _client;
    private readonly uint _vm;
    private readonly WalkerHandle _walker;

    public WalkerTests()
    {
        _client = Abi.OpenClient(_device);
        _vm = Abi.CreateVm(_client);
        Abi.Map(_client, _vm, Abi.CreateBo(_client, Size), Va, Size);
        Abi.Map(_client, _vm, Abi.CreateBo(_client, 0x5000), Va + Size + 0x3000, 0x5000);
        WalkerHandle walker;
        delegate* unmanaged<ClientHandle, uint, int, WalkerHandle*, int> open = &WalkerExports.Open;
        Assert.Equal(0, open(_client, _vm, 0, &walker));
        _walker = walker;
    }

    public void Dispose() => Abi.Destroy(_device);

    [Fact]
    public void A_walk_over_the_tables_finds_what_the_library_finds()
    {
        var random = new Random(3);
        ulong* vas = stackalloc ulong[200];
        TranslationInfo* seen = stackalloc TranslationInfo[200];
        for (int i = 0; i < 200; i++)
            vas[i] = Va + (ulong)random.NextInt64((long)Size + 0x10000);
        delegate* unmanaged<WalkerHandle, ulong*, TranslationInfo*, uint, int> translate = &WalkerExports.Translate;
        Assert.Equal(0, translate(_walker, vas, seen, 200));
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(Abi.Translate(_client, _vm, vas[i]), seen[i]);
            ulong found = Walk(vas[i], out bool isMapped);
            Assert.Equal((seen[i].Status == (byte)TranslationStatus.Mapped, seen[i].Address), (isMapped, found));
        }

        Close(0);
    }

    [Fact]
    public void A_walker_outlives_its_device()
    {
        Abi.Destroy(_device);
        ulong va = Va;
        TranslationInfo seen;
        delegate* unmanaged<WalkerHandle, ulong*, TranslationInfo*, uint, int> translate = &WalkerExports.Translate;
        delegate* unmanaged<WalkerHandle, int> refresh = &WalkerExports.Refresh;
        Assert.Equal(0, refresh(_walker));
        Assert.Equal(0, translate(_walker, &va, &seen, 1));
        Assert.Equal((byte)TranslationStatus.NotPresent, seen.Status);
        Close(0);
        Close((int)Errno.EBADF);
    }

    [Fact]
    public void Snapshots_say_how_much_room_they_need()
    {
        delegate* unmanaged<ClientHandle, uint, VmaEntry*, uint*, int> get = &VmExports.Vmas;
        VmaEntry* vmas = stackalloc VmaEntry[2];
        uint count = 0;
        Assert.Equal((int)Errno.ENOSPC, get(_client, _vm, null, &count));
        Assert.Equal(2u, count);
        Assert.Equal(0, get(_client, _vm, vmas, &count));
        Assert.Equal((Va, Va + Size, Va + Size + 0x3000), (vmas[0].Start, vmas[0].End, vmas[1].Start));
        Assert.Equal((uint)PageSizeHints.Size4K, vmas[1].PageSizes);

        delegate* unmanaged<ClientHandle, uint, int, MappingEntry*, uint*, int> mappings = &VmExports.Mappings;
        MappingEntry* runs = stackalloc MappingEntry[16];
        count = 16;
        Assert.Equal(0, mappings(_client, _vm, 0, runs, &count));
        Assert.Equal(Size + 0x5000, Enumerable.Range(0, (int)count).Aggregate(0ul, (sum, i) => sum + runs[i].End - runs[i].Start));

        delegate* unmanaged<ClientHandle, uint, int, ulong, WalkStepInfo*, uint*, int> walk = &VmExports.Walk;
        WalkStepInfo* steps = stackalloc WalkStepInfo[5];
        count = 5;
        Assert.Equal(0, walk(_client, _vm, 0, Va + Size + 0x3000, steps, &count));
        Assert.Equal((0u, Abi.Translate(_client, _vm, Va + Size + 0x3000).Entry), (steps[count - 1].Level, steps[count - 1].Entry));
    }

    private void Close(int expected)
    {
        delegate* unmanaged<WalkerHandle, int> close = &WalkerExports.Close;
        Assert.Equal(expected, close(_walker));
    }

    private ulong Walk(ulong va, out bool isMapped)
    {
        const ulong AddressMask = 0x0000_ffff_ffff_f000;
        ulong table;
        delegate* unmanaged<WalkerHandle, ulong*, int> root = &WalkerExports.Root;
        delegate* unmanaged<WalkerHandle, ulong, ulong**, uint*, int> find = &WalkerExports.Table;
        Assert.Equal(0, root(_walker, &table));
        var info = new VmInfo { Size = (uint)sizeof(VmInfo) };
        delegate* unmanaged<ClientHandle, uint, VmInfo*, int> describe = &VmExports.Info;
        Assert.Equal(0, describe(_client, _vm, &info));
        Assert.Equal(table, info.Root[0]);
        bool isCompact = false;
        for (int level = (int)info.RootLevel; ; level--)
        {
            ulong* entries;
            uint count;
            Assert.Equal(0, find(_walker, table, &entries, &count));
            int shift = isCompact ? 16 : 12 + (9 * level);
            ulong entry = Volatile.Read(ref entries[(va >> shift) & (isCompact ? 31ul : 511ul)]);
            isMapped = (entry & 1) != 0;
            if (!isMapped)
                return 0;
            if (level == 0 || (entry & 0x80) != 0)
                return (entry & AddressMask & ~((1ul << shift) - 1)) | (va & ((1ul << shift) - 1));
            isCompact = level == 1 && (entry & 0x40) != 0;
            table = entry & AddressMask;
        }
    }
}
