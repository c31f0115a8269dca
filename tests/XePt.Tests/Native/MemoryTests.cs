using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>The bytes of a device's memory: as the CPU maps them, as the GPU accesses them, and by address.</summary>
public sealed unsafe class MemoryTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000;

    private readonly DeviceHandle _device = Abi.CreateDevice("bmg", new DeviceOptions { VramBytes = 64 << 20 });
    private readonly ClientHandle _client;
    private readonly uint _vm;

    public MemoryTests()
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
        uint bo = Abi.CreateBo(_client, 1 << 20, placement);
        Abi.Map(_client, _vm, bo, Va, 1 << 20);
        byte* cpu = MapBo(bo);
        cpu[0x4567] = 0x5a;
        Span<byte> one = [0];
        Assert.Equal(0, Abi.Access(_client, _vm, Va + 0x4567, GpuAccessKind.Read, one, out AccessResult result));
        Assert.Equal((0x5a, 1u), (one[0], result.Bytes));
        Assert.Equal(0, Abi.Access(_client, _vm, Va + 0x8000, GpuAccessKind.Write, [1, 2, 3, 4], out _));
        Assert.Equal(0x04030201u, *(uint*)(cpu + 0x8000));
        Assert.Equal(0, LibC.Unmap((nint)cpu, 1 << 20));
    }

    /// <summary>Objects that are freed leave holes, so a large one is in several pieces; its mapping is one.</summary>
    [Fact]
    public void An_object_in_pieces_is_mapped_in_order()
    {
        var small = new uint[40];
        for (int i = 0; i < small.Length; i++)
            small[i] = Abi.CreateBo(_client, 1 << 20, placement: 2);
        for (int i = 0; i < small.Length; i += 2)
        {
            var close = new DrmGemClose { Handle = small[i] };
            Assert.Equal(0, Abi.Ioctl(_client, DrmIoctl.GemClose, ref close));
        }

        uint bo = Abi.CreateBo(_client, 28 << 20, placement: 2);
        var segments = new Segment[64];
        uint count = (uint)segments.Length;
        delegate* unmanaged<ClientHandle, uint, Segment*, uint*, int> get = &ClientExports.BoSegments;
        fixed (Segment* into = segments)
            Assert.Equal(0, get(_client, bo, into, &count));
        Assert.InRange(count, 2u, 64u);
        Assert.Equal(28ul << 20, segments.Take((int)count).Aggregate(0ul, (sum, segment) => sum + segment.Bytes));

        byte* cpu = MapBo(bo);
        foreach (Segment segment in segments.AsSpan(0, (int)count))
        {
            cpu[segment.Offset] = (byte)(segment.Offset >> 20);
            Assert.Equal((byte)(segment.Offset >> 20), ReadDevice(segment.Address));
        }

        Assert.Equal(0, LibC.Unmap((nint)cpu, 28 << 20));
    }

    [Fact]
    public void New_memory_is_zero_also_where_something_was()
    {
        uint first = Abi.CreateBo(_client, 1 << 20, placement: 2);
        byte* cpu = MapBo(first);
        new Span<byte>(cpu, 1 << 20).Fill(0xff);
        Assert.Equal(0, LibC.Unmap((nint)cpu, 1 << 20));
        var close = new DrmGemClose { Handle = first };
        Assert.Equal(0, Abi.Ioctl(_client, DrmIoctl.GemClose, ref close));
        cpu = MapBo(Abi.CreateBo(_client, 1 << 20, placement: 2));
        Assert.Equal(-1, new Span<byte>(cpu, 1 << 20).IndexOfAnyExcept((byte)0));
        Assert.Equal(0, LibC.Unmap((nint)cpu, 1 << 20));
    }

    [Fact]
    public void What_was_written_stays_when_an_object_moves()
    {
        uint bo = Abi.CreateBo(_client, 1 << 20, placement: 3);
        Abi.Map(_client, _vm, bo, Va, 1 << 20);
        Assert.Equal(0, Abi.Access(_client, _vm, Va + 0x123, GpuAccessKind.Write, [7], out AccessResult before));
        delegate* unmanaged<DeviceHandle, int> evict = &DeviceExports.EvictAll;
        Assert.Equal(0, evict(_device));
        uint queue = CreateQueue();
        Assert.Equal(0, Exec(queue));
        Span<byte> one = [0];
        Assert.Equal(0, Abi.Access(_client, _vm, Va + 0x123, GpuAccessKind.Read, one, out AccessResult after));
        Assert.Equal(7, one[0]);
        Assert.Equal((byte)TranslationStatus.Mapped, after.Last.Status);
        Assert.NotEqual(0u, before.Bytes);
    }

    [Fact]
    public void Memory_of_the_program_is_found_where_it_says()
    {
        const ulong At = 0x20_0000_0000;
        ulong* words = stackalloc ulong[512];
        delegate* unmanaged<DeviceHandle, ulong, ulong, void*, int> add = &MemoryExports.Add;
        Assert.Equal(0, add(_device, At, 4096, words));
        Assert.Equal((int)Errno.EEXIST, add(_device, At + 8, 4096, words));
        Assert.Equal((int)Errno.EEXIST, add(_device, 1ul << 32, 4096, words));
        delegate* unmanaged<ClientHandle, ulong, ulong, ulong, int, int> map = &ClientExports.CpuMemoryMap;
        Assert.Equal(0, map(_client, 0x7f00_0000_0000, 4096, At, 0));
        Assert.Equal((int)Errno.EEXIST, map(_client, 0x7f00_0000_0000, 4096, At, 0));
        Assert.Equal(0, Abi.Bind(_client, _vm, new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr,
            ObjOffset = 0x7f00_0000_0000,
            Addr = Va,
            Range = 4096,
            PatIndex = 2,
        }));
        Assert.Equal(0, Abi.Access(_client, _vm, Va + 8, GpuAccessKind.Write, BitConverter.GetBytes(77ul), out _));
        Assert.Equal(77ul, words[1]);
        delegate* unmanaged<ClientHandle, ulong, ulong, int> unmap = &ClientExports.CpuMemoryUnmap;
        Assert.Equal(0, unmap(_client, 0x7f00_0000_0000, 4096));
        Assert.Equal((int)Errno.ENOENT, unmap(_client, 0x7f00_0000_0000, 4096));
    }

    [Fact]
    public void Addresses_without_memory_are_an_error()
    {
        byte one;
        delegate* unmanaged<DeviceHandle, ulong, int, void*, ulong, int> read = &MemoryExports.Read;
        Assert.Equal((int)Errno.EFAULT, read(_device, 0, 0, &one, 1));
        Assert.Equal((int)Errno.EFAULT, read(_device, ulong.MaxValue, 1, &one, 1));
        Assert.Equal((int)Errno.EFAULT, read(_device, (64ul << 20) - 1, 1, &one, 2));
        Assert.Equal((int)Errno.EINVAL, read(_device, 0, 1, &one, ulong.MaxValue));
    }

    [Fact]
    public void Atomics_and_batches_reach_the_bytes()
    {
        uint bo = Abi.CreateBo(_client, 1 << 20, placement: 2);
        Abi.Map(_client, _vm, bo, Va, 1 << 20);
        var add = new AtomicOp { Operation = (uint)GpuAtomicOperation.Add, Size = 8, Operand = 5 };
        delegate* unmanaged<ClientHandle, uint, int, ulong, AtomicOp*, ulong*, AccessResult*, int> atomic = &AccessExports.Atomic;
        ulong old = 1;
        Assert.Equal(0, atomic(_client, _vm, 0, Va, &add, &old, null));
        Assert.Equal(0ul, old);

        AccessRequest* requests = stackalloc AccessRequest[2];
        requests[0] = new AccessRequest
        {
            Client = _client,
            VmId = _vm,
            Va = Va,
            Kind = (uint)GpuAccessKind.Atomic,
            Size = 8,
            Atomic = add,
        };
        requests[1] = new AccessRequest
        {
            Client = _client,
            VmId = _vm,
            Va = Va + 0x100000,
            Kind = (uint)GpuAccessKind.Read,
            Offset = 8,
            Size = 1,
        };
        AccessResult* results = stackalloc AccessResult[2];
        ulong* bytes = stackalloc ulong[2];
        delegate* unmanaged<DeviceHandle, AccessRequest*, uint, void*, ulong, AccessResult*, int> many = &AccessExports.AccessMany;
        Assert.Equal(0, many(_device, requests, 2, bytes, 16, results));
        Assert.Equal((5ul, (uint)GpuAccessStatus.Done), (bytes[0], results[0].Status));
        Assert.Equal((uint)GpuAccessStatus.NotPresent, results[1].Status);
        requests[1].VmId = 99;
        Assert.Equal((int)Errno.ENOENT, many(_device, requests, 2, bytes, 16, results));
        requests[1].VmId = _vm;
        requests[1].Offset = 16;
        Assert.Equal((int)Errno.EINVAL, many(_device, requests, 2, bytes, 16, results));
    }

    private byte* MapBo(uint bo)
    {
        void* at;
        delegate* unmanaged<ClientHandle, uint, void**, int> map = &ClientExports.BoMap;
        Assert.Equal(0, map(_client, bo, &at));
        return (byte*)at;
    }

    private byte ReadDevice(ulong address)
    {
        byte one;
        delegate* unmanaged<DeviceHandle, ulong, int, void*, ulong, int> read = &MemoryExports.Read;
        Assert.Equal(0, read(_device, address, 1, &one, 1));
        return one;
    }

    private uint CreateQueue()
    {
        var engine = new DrmXeEngineClassInstance { EngineClass = EngineClass.Copy };
        var args = new DrmXeExecQueueCreate { VmId = _vm, Width = 1, NumPlacements = 1, Instances = (ulong)&engine };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.ExecQueueCreate, ref args));
        return args.ExecQueueId;
    }

    private int Exec(uint queue)
    {
        var args = new DrmXeExec { ExecQueueId = queue, NumBatchBuffer = 1, Address = Va };
        return Abi.Ioctl(_client, XeIoctl.Exec, ref args);
    }
}
