using System.Runtime.InteropServices;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Ioctls through the C ABI: results, reasons, and pointers that lead nowhere.</summary>
public sealed unsafe class IoctlTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000, Size = 2 << 20;
    private const ulong Nowhere = 8, InKernel = 0xffff_8000_0000_0000;

    private readonly DeviceHandle _device = Abi.CreateDevice("bmg");
    private readonly ClientHandle _client;

    public IoctlTests() => _client = Abi.OpenClient(_device);

    public void Dispose() => Abi.Destroy(_device);

    [Fact]
    public void A_buffer_object_is_bound_and_found_by_a_walk()
    {
        uint vm = Abi.CreateVm(_client), bo = Abi.CreateBo(_client, Size, placement: 2);
        Abi.Map(_client, vm, bo, Va, Size);
        TranslationInfo seen = Abi.Translate(_client, vm, Va + 0x1234);
        Assert.Equal((byte)TranslationStatus.Mapped, seen.Status);
        Assert.Equal((0x234ul, Size), (seen.Address & 0xfff, seen.PageSize));
        Assert.Equal((byte)(LeafFlags.Writable | LeafFlags.DeviceMemory), seen.Flags);
    }

    [Fact]
    public void A_refused_call_leaves_the_vm_as_it_was_and_says_why()
    {
        uint vm = Abi.CreateVm(_client);
        ulong before = HashOf(vm);
        int error = Abi.Bind(_client, vm, new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va, Range = Size, ObjOffset = 0x1000 });
        Assert.Equal((int)Errno.EINVAL, error);
        Assert.Equal(
            ((int)Errno.EINVAL, "BIND-074", "obj_offset",
             "-EINVAL: op 0: obj_offset = 0x1000: a NULL or mirror binding has no offset [BIND-074]"), Abi.LastFailure());
        Assert.Equal(before, HashOf(vm));
    }

    [Fact]
    public void Reasons_are_kept_for_each_thread_and_until_the_next_failure()
    {
        Assert.Equal((int)Errno.EINVAL, Abi.Ioctl(_client, 0xc0206483, null));
        var other = new Thread(() => Assert.Equal((int)Errno.ENOTTY, Abi.Ioctl(_client, 0xc0207443, null)));
        other.Start();
        other.Join();
        Abi.CreateVm(_client);
        Assert.Equal((int)Errno.EINVAL, Abi.LastFailure().Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Nowhere)]
    [InlineData(InKernel)]
    [InlineData(ulong.MaxValue)]
    public void A_bad_argument_is_an_error_and_no_crash(ulong arg)
    {
        Assert.Equal((int)Errno.EFAULT, Abi.Ioctl(_client, XeIoctl.VmCreate, (void*)arg));
        Assert.Equal("arg", Abi.LastFailure().Field);
    }

    [Theory]
    [InlineData(Nowhere)]
    [InlineData(InKernel)]
    public void A_bad_pointer_in_an_argument_is_an_error_and_no_crash(ulong pointer)
    {
        uint vm = Abi.CreateVm(_client);
        ulong before = HashOf(vm);
        var bind = new DrmXeVmBind
        {
            VmId = vm,
            NumBinds = 1,
            Bind = new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va, Range = Size },
            NumSyncs = 1,
            Syncs = pointer,
        };
        Assert.Equal((int)Errno.EFAULT, Abi.Ioctl(_client, XeIoctl.VmBind, ref bind));
        bind.NumSyncs = 0;
        bind.NumBinds = 2;
        bind.VectorOfBinds = pointer;
        Assert.Equal((int)Errno.EFAULT, Abi.Ioctl(_client, XeIoctl.VmBind, ref bind));
        var query = new DrmXeDeviceQuery { Query = DeviceQueryId.Config };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.DeviceQuery, ref query));
        query.Data = pointer;
        Assert.Equal((int)Errno.EFAULT, Abi.Ioctl(_client, XeIoctl.DeviceQuery, ref query));
        Assert.Equal(before, HashOf(vm));
    }

    [Fact]
    public void An_argument_that_ends_in_a_page_that_is_not_there_is_an_error()
    {
        using var pages = new TwoPages();
        Assert.Equal((int)Errno.EFAULT, Abi.Ioctl(_client, XeIoctl.VmCreate, pages.EndOfFirst - 8));
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.VmCreate, pages.EndOfFirst - sizeof(DrmXeVmCreate)));
    }

    [Fact]
    public void An_argument_that_cannot_be_written_back_is_an_error_when_all_is_done()
    {
        using var pages = new TwoPages();
        pages.Protect();
        Assert.Equal((int)Errno.EFAULT, Abi.Ioctl(_client, XeIoctl.VmCreate, pages.EndOfFirst - sizeof(DrmXeVmCreate)));
        var destroy = new DrmXeVmDestroy { VmId = 1 };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.VmDestroy, ref destroy));
    }

    [Fact]
    public void A_user_fence_is_written_to_the_memory_of_the_process()
    {
        uint vm = Abi.CreateVm(_client);
        ulong* fence = stackalloc ulong[1];
        *fence = 0;
        var sync = new DrmXeSync { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = (ulong)fence, TimelineValue = 0x1234567890 };
        var bind = new DrmXeVmBind
        {
            VmId = vm,
            NumBinds = 1,
            Bind = new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va, Range = Size },
            NumSyncs = 1,
            Syncs = (ulong)&sync,
        };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.VmBind, ref bind));
        Assert.Equal(0x1234567890ul, *fence);
    }

    [Fact]
    public void Trusted_pointers_are_followed()
    {
        ClientHandle client = Abi.OpenClient(_device, new ClientOptions { Flags = (uint)ClientFlags.TrustPointers });
        uint vm = Abi.CreateVm(client);
        Abi.Map(client, vm, Abi.CreateBo(client, Size), Va, Size);
        Assert.Equal((byte)TranslationStatus.Mapped, Abi.Translate(client, vm, Va).Status);
    }

    [Fact]
    public void Memory_of_a_client_may_be_the_programs_own_model()
    {
        var memory = GCHandle.Alloc(new byte[0x1000]);
        ClientHandle client = Abi.OpenClient(
            _device, new ClientOptions { User = (void*)GCHandle.ToIntPtr(memory), Read = &Read, Write = &Write });
        var bytes = (byte[])memory.Target!;
        Assert.Equal(0, Abi.Ioctl(client, XeIoctl.VmCreate, (void*)0x40));
        Assert.Equal(1u, MemoryMarshal.Read<DrmXeVmCreate>(bytes.AsSpan(0x40)).VmId);
        Assert.Equal((int)Errno.EFAULT, Abi.Ioctl(client, XeIoctl.VmCreate, (void*)0xff8));
        memory.Free();

        [UnmanagedCallersOnly]
        static int Read(void* user, ulong address, void* into, ulong size) =>
            Move(user, address, size, new Span<byte>(into, (int)size), isWrite: false);

        [UnmanagedCallersOnly]
        static int Write(void* user, ulong address, ConstBytes* from, ulong size) =>
            Move(user, address, size, new Span<byte>(from, (int)size), isWrite: true);
    }

    /// <summary>Whatever the bytes of a call say, wherever its pointers lead: an error at most.</summary>
    [Fact]
    public void Random_calls_do_no_harm()
    {
        var random = new Random(11);
        uint[] codes = [.. typeof(XeIoctl).GetFields().Where(field => field.FieldType == typeof(uint) && field.IsLiteral)
            .Select(field => (uint)field.GetRawConstantValue()!).Where(code => code >> 8 != 0)];
        Assert.NotEmpty(codes);
        Abi.CreateVm(_client);
        Abi.CreateBo(_client, Size);
        var bytes = new ulong[512];
        for (int round = 0; round < 20_000; round++)
        {
            for (int i = 0; i < 24; i++)
            {
                bytes[i] = random.Next(6) switch
                {
                    0 => (ulong)random.NextInt64(),
                    1 => 1,
                    2 => InKernel,
                    3 => (ulong)random.Next(64),
                    _ => 0,
                };
            }

            uint code = codes[random.Next(codes.Length)] ^ (random.Next(8) == 0 ? (uint)random.Next() : 0);
            fixed (ulong* arg = bytes)
                Assert.InRange(Abi.Ioctl(_client, code, random.Next(16) == 0 ? (void*)random.NextInt64() : arg), -133, int.MaxValue);
        }

        Assert.Equal(0, Abi.Close(_client));
    }

    private static int Move(void* user, ulong address, ulong size, Span<byte> bytes, bool isWrite)
    {
        var memory = (byte[])GCHandle.FromIntPtr((nint)user).Target!;
        if (address + size > (ulong)memory.Length)
            return -1;
        Span<byte> there = memory.AsSpan((int)address, (int)size);
        if (isWrite)
            bytes.CopyTo(there);
        else
            there.CopyTo(bytes);
        return 0;
    }

    private ulong HashOf(uint vm)
    {
        ulong hash;
        delegate* unmanaged<ClientHandle, uint, ulong*, int> get = &VmExports.Hash;
        Assert.Equal(0, get(_client, vm, &hash));
        return hash;
    }
}
