using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Buffer objects whose contents are files of their own: mapped in parts, moved while they are mapped.</summary>
public sealed unsafe class BoFileTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000, MiB = 1 << 20;

    private readonly DeviceHandle _device = Abi.CreateDevice(
        "bmg", new DeviceOptions { VramBytes = 64 << 20, Flags = (uint)DeviceFlags.BoFiles });

    private readonly ClientHandle _client;
    private readonly uint _vm;

    public BoFileTests()
    {
        _client = Abi.OpenClient(_device);
        _vm = Abi.CreateVm(_client);
    }

    public void Dispose() => Abi.Destroy(_device);

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public void The_cpu_and_the_gpu_see_the_same_bytes(uint placement)
    {
        uint bo = Abi.CreateBo(_client, MiB, placement);
        Abi.Map(_client, _vm, bo, Va, MiB);
        byte* whole = Map(bo, 0, MiB), part = Map(bo, 0x8000, 0x2000);
        part[0x1004] = 0x5a;
        Assert.Equal((0x5a, 0x5a), (whole[0x9004], ReadGpu(Va + 0x9004)));
        WriteGpu(Va + 0x8000, 7);
        Assert.Equal((7, 7), (whole[0x8000], part[0]));
        Unmap(whole, MiB);
        Unmap(part, 0x2000);
    }

    [Fact]
    public void A_mapping_stays_good_while_the_object_moves()
    {
        uint bo = Abi.CreateBo(_client, MiB, placement: 3);
        Abi.Map(_client, _vm, bo, Va, MiB);
        byte* cpu = Map(bo, 0, MiB);
        cpu[0x123] = 1;
        Assert.Equal(1, RegionOf(bo));
        delegate* unmanaged<DeviceHandle, int> evict = &DeviceExports.EvictAll;
        Assert.Equal(0, evict(_device));
        Assert.Equal(0, RegionOf(bo));
        cpu[0x124] = 2;
        Assert.Equal(0, Abi.Bind(_client, _vm, new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo, Addr = Va, Range = MiB }));
        Assert.Equal((1, 2), (ReadGpu(Va + 0x123), ReadGpu(Va + 0x124)));
        WriteGpu(Va + 0x125, 3);
        Assert.Equal(3, cpu[0x125]);
        Unmap(cpu, MiB);
    }

    [Fact]
    public void A_mapping_outlives_the_object_and_nobody_else_gets_its_bytes()
    {
        uint bo = Abi.CreateBo(_client, MiB, placement: 2);
        Abi.Map(_client, _vm, bo, Va, MiB);
        byte* cpu = Map(bo, 0, MiB);
        new Span<byte>(cpu, (int)MiB).Fill(0xee);
        Assert.Equal(0, Abi.Bind(_client, _vm, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = MiB }));
        var close = new DrmGemClose { Handle = bo };
        Assert.Equal(0, Abi.Ioctl(_client, DrmIoctl.GemClose, ref close));
        uint next = Abi.CreateBo(_client, MiB, placement: 2);
        Abi.Map(_client, _vm, next, Va, MiB);
        Assert.Equal((0, 0xee), (ReadGpu(Va + 0x100), cpu[0x100]));
        WriteGpu(Va + 0x100, 1);
        Assert.Equal(0xee, cpu[0x100]);
        byte* other = Map(next, 0, MiB);
        Assert.Equal((1, 0), (other[0x100], other[0x101]));
        Unmap(cpu, MiB);
        Unmap(other, MiB);
    }

    [Fact]
    public void It_is_mapped_where_the_program_says()
    {
        uint bo = Abi.CreateBo(_client, MiB);
        nint there = LibC.Map(0, (nuint)MiB, LibC.ProtNone, LibC.MapPrivate | LibC.MapAnonymous, -1, 0);
        Assert.Equal((0, there), (TryMap(bo, 0, MiB, (void*)there, out byte* at), (nint)at));
        at[5] = 6;
        byte* whole = WholeOf(bo);
        Assert.Equal(6, whole[5]);
        Unmap(at, MiB);
        Unmap(whole, MiB);
    }

    [Fact]
    public void What_is_not_in_the_object_is_refused()
    {
        uint bo = Abi.CreateBo(_client, MiB);
        (ulong, ulong)[] wrong = [(0, 0), (1, 4096), (0, 1), (0, MiB + 4096), (MiB, 4096), (4096, MiB), (1ul << 63, 1ul << 63)];
        foreach ((ulong offset, ulong bytes) in wrong)
            Assert.Equal((int)Errno.EINVAL, TryMap(bo, offset, bytes, null, out _));
        Assert.Equal((int)Errno.EINVAL, TryMap(bo, 0, 4096, (void*)8, out _));
        Assert.Equal((int)Errno.ENOENT, TryMap(99, 0, 4096, null, out _));
        Assert.Equal((int)Errno.ENOMEM, TryMap(bo, 0, 4096, (void*)(1L << 62), out _));
    }

    [Fact]
    public void Only_such_a_device_has_them_and_it_has_no_files_of_regions()
    {
        delegate* unmanaged<DeviceHandle, uint, int*, int> fdOf = &MemoryExports.RegionFd;
        int fd = 77;
        Assert.Equal(((int)Errno.EINVAL, 77), (fdOf(_device, 0, &fd), fd));
        DeviceHandle other = Abi.CreateDevice("bmg");
        ClientHandle client = Abi.OpenClient(other);
        void* at;
        delegate* unmanaged<ClientHandle, uint, ulong, ulong, void*, void**, int> map = &ClientExports.BoMmap;
        Assert.Equal((int)Errno.EINVAL, map(client, Abi.CreateBo(client, MiB), 0, MiB, null, &at));
        Abi.Destroy(other);
    }

    private byte* Map(uint bo, ulong offset, ulong bytes)
    {
        Assert.Equal(0, TryMap(bo, offset, bytes, null, out byte* at));
        return at;
    }

    private int TryMap(uint bo, ulong offset, ulong bytes, void* at, out byte* pointer)
    {
        void* found = null;
        delegate* unmanaged<ClientHandle, uint, ulong, ulong, void*, void**, int> map = &ClientExports.BoMmap;
        int error = map(_client, bo, offset, bytes, at, &found);
        pointer = (byte*)found;
        return error;
    }

    private byte* WholeOf(uint bo)
    {
        void* at;
        delegate* unmanaged<ClientHandle, uint, void**, int> map = &ClientExports.BoMap;
        Assert.Equal(0, map(_client, bo, &at));
        return (byte*)at;
    }

    private static void Unmap(byte* at, ulong bytes) => Assert.Equal(0, LibC.Unmap((nint)at, (nuint)bytes));

    private int RegionOf(uint bo)
    {
        var info = new BoInfo { Size = (uint)sizeof(BoInfo) };
        delegate* unmanaged<ClientHandle, uint, BoInfo*, int> describe = &ClientExports.BoInfo;
        Assert.Equal(0, describe(_client, bo, &info));
        return info.Region;
    }

    private byte ReadGpu(ulong va)
    {
        Span<byte> one = [0];
        Assert.Equal(0, Abi.Access(_client, _vm, va, GpuAccessKind.Read, one, out AccessResult result));
        Assert.Equal((uint)GpuAccessStatus.Done, result.Status);
        return one[0];
    }

    private void WriteGpu(ulong va, byte value)
    {
        Assert.Equal(0, Abi.Access(_client, _vm, va, GpuAccessKind.Write, [value], out AccessResult result));
        Assert.Equal((uint)GpuAccessStatus.Done, result.Status);
    }
}
