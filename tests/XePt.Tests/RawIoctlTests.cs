using System.Runtime.InteropServices;
using XePt.Bench;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests;

/// <summary>The untyped ioctl entry (specification 01 section 1).</summary>
public sealed class RawIoctlTests : IDisposable
{
    private readonly XeDevice _device = new(XePlatforms.Lnl);
    private readonly XeFile _file;

    public RawIoctlTests() => _file = _device.OpenFile();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void A_vm_is_created_and_its_id_written_back()
    {
        var args = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode };
        Assert.Equal(Errno.Ok, Call(XeIoctl.VmCreate, ref args));
        Assert.Equal(1u, args.VmId);
        Assert.Equal(VmMode.PreemptFence, _file.FindVm(1)!.Mode);
    }

    [Fact]
    public void An_array_of_binds_is_read_from_user_memory()
    {
        var create = new DrmXeVmCreate();
        Call(XeIoctl.VmCreate, ref create);
        DrmXeVmBindOp[] ops =
        [
            new() { Flags = VmBindFlags.Null, Addr = 0x1000, Range = 0x1000 },
            new() { Flags = VmBindFlags.Null, Addr = 0x8000, Range = 0x1000 },
        ];
        _file.UserMemory.TryWrite(0x7f00_0000_0000, MemoryMarshal.AsBytes<DrmXeVmBindOp>(ops));
        var bind = new DrmXeVmBind { VmId = create.VmId, NumBinds = 2, VectorOfBinds = 0x7f00_0000_0000 };
        Assert.Equal(Errno.Ok, Call(XeIoctl.VmBind, ref bind));
        Assert.Equal(2, _file.FindVm(create.VmId)!.VmaCount);
    }

    [Fact]
    [Rule("BIND-064")]
    [Rule("BIND-065")]
    public void An_unreadable_array_of_binds_is_a_bad_address()
    {
        var create = new DrmXeVmCreate();
        Call(XeIoctl.VmCreate, ref create);
        _file.UserMemory = new NoMemory();
        var bind = new DrmXeVmBind { VmId = create.VmId, NumBinds = 1 << 20, VectorOfBinds = 0x1000 };
        Assert.Equal(Errno.EFAULT, Call(XeIoctl.VmBind, ref bind));
        Assert.Equal("BIND-065", _file.LastRejection.RuleId);
        // The driver wants memory for all of it first.
        bind.NumBinds = uint.MaxValue;
        Assert.Equal(Errno.ENOBUFS, Call(XeIoctl.VmBind, ref bind));
        Assert.Equal("BIND-064", _file.LastRejection.RuleId);
    }

    [Fact]
    [Rule("BIND-041")]
    [Rule("BIND-058")]
    [Rule("BIND-061")]
    [Rule("BIND-064")]
    public void A_vector_that_is_too_large_is_looked_at_after_the_vm_and_the_head_of_the_call()
    {
        var bind = new DrmXeVmBind { VmId = 7, Pad = 1, NumBinds = (1 << 20) + 1, VectorOfBinds = 0x1000 };
        RefusedBy("BIND-041", Errno.EINVAL);
        var create = new DrmXeVmCreate();
        Call(XeIoctl.VmCreate, ref create);
        bind.VmId = create.VmId;
        RefusedBy("BIND-061", Errno.EINVAL);
        bind.Pad = 0;
        RefusedBy("BIND-064", Errno.ENOBUFS);

        void RefusedBy(string rule, Errno errno) =>
            Assert.Equal((errno, rule), (Call(XeIoctl.VmBind, ref bind), _file.LastRejection.RuleId));
    }

    [Theory]
    [InlineData(7, 0, "BIND-041")]
    [InlineData(1, 1, "BIND-061")]
    [Rule("BIND-058")]
    public void A_long_vector_is_not_read_for_a_call_that_is_refused_anyway(uint vmId, uint pad, string rule)
    {
        var create = new DrmXeVmCreate();
        Call(XeIoctl.VmCreate, ref create);
        var memory = new NoMemory();
        _file.UserMemory = memory;
        var bind = new DrmXeVmBind { VmId = vmId, Pad = pad, NumBinds = uint.MaxValue, VectorOfBinds = 0x1000 };
        Assert.Equal((Errno.EINVAL, rule), (Call(XeIoctl.VmBind, ref bind), _file.LastRejection.RuleId));
        Assert.Equal(0, memory.Reads);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(200)]
    public void An_array_of_binds_allocates_nothing_once_warm(int count)
    {
        var create = new DrmXeVmCreate();
        Call(XeIoctl.VmCreate, ref create);
        var ops = new DrmXeVmBindOp[count];
        for (int i = 0; i < count; i++)
            ops[i] = new() { Flags = VmBindFlags.Null, Addr = (ulong)(i + 1) << 16, Range = 0x1000 };
        _file.UserMemory.TryWrite(0x1000_0000, MemoryMarshal.AsBytes<DrmXeVmBindOp>(ops));
        for (int i = 0; i < count; i++)
            ops[i] = ops[i] with { Op = VmBindOp.Unmap, Flags = 0 };
        _file.UserMemory.TryWrite(0x2000_0000, MemoryMarshal.AsBytes<DrmXeVmBindOp>(ops));
        uint syncobj = _file.SyncobjCreate();
        DrmXeSync[] syncs = [new() { Type = SyncType.Syncobj, Flags = SyncFlags.Signal, Handle = syncobj }];
        _file.UserMemory.TryWrite(0x3000_0000, MemoryMarshal.AsBytes<DrmXeSync>(syncs));
        var map = new DrmXeVmBind
        {
            VmId = create.VmId,
            NumBinds = (uint)count,
            VectorOfBinds = 0x1000_0000,
            NumSyncs = 1,
            Syncs = 0x3000_0000,
        };
        DrmXeVmBind unmap = map with { VectorOfBinds = 0x2000_0000 };

        Assert.True(Rounds(8, ref map, ref unmap));
        bool ok = true;
        Assert.Equal(0, Allocations.Of(50, () => ok &= Rounds(1, ref map, ref unmap)));
        Assert.True(ok);
    }

    private bool Rounds(int rounds, ref DrmXeVmBind map, ref DrmXeVmBind unmap)
    {
        bool ok = true;
        for (int i = 0; i < rounds; i++)
            ok &= Call(XeIoctl.VmBind, ref map) == Errno.Ok && Call(XeIoctl.VmBind, ref unmap) == Errno.Ok;
        return ok;
    }

    [Fact]
    public void A_request_of_a_later_driver_is_refused_as_unknown()
    {
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Profile = XeProfile.SeedOpen });
        XeFile file = device.OpenFile();
        var args = new DrmXeMadvise();
        Assert.Equal(Errno.EINVAL, file.Ioctl(XeIoctl.Madvise, MemoryMarshal.AsBytes(new Span<DrmXeMadvise>(ref args))));
        Assert.Equal(("request", (ulong)XeIoctl.Madvise), (file.LastRejection.Field, file.LastRejection.Value));
    }

    [Theory]
    [InlineData(0, 0, 0, Errno.ENODEV, "observation_type")]
    [InlineData(0, 0, 2, Errno.ENODEV, "observation_type")]
    [InlineData(0, 1, 0, Errno.ENODEV, "observation_type")]
    [InlineData(8, 9, 9, Errno.EINVAL, "extensions")]
    [InlineData(0, 2, 9, Errno.EINVAL, "observation_type")]
    [InlineData(0, 0, 3, Errno.EINVAL, "observation_op")]
    [InlineData(0, 1, 1, Errno.EINVAL, "observation_op")]
    [InlineData(0, 1, 3, Errno.EINVAL, "observation_op")]
    [Rule("OBS-001")]
    public void There_is_nothing_to_observe(ulong extensions, ulong type, ulong op, Errno errno, string field)
    {
        var args = new DrmXeObservationParam
        {
            Extensions = extensions,
            ObservationType = (ObservationType)type,
            ObservationOp = (ObservationOp)op,
        };
        Assert.Equal((errno, field), (Call(XeIoctl.Observation, ref args), _file.LastRejection.Field));
    }

    [Fact]
    public void A_short_argument_reads_as_zero_beyond_its_end_and_a_long_one_is_cut()
    {
        var shortArgs = new byte[12];
        Assert.Equal(Errno.Ok, _file.Ioctl(XeIoctl.VmCreate, shortArgs));
        var longArgs = new byte[200];
        Assert.Equal(Errno.Ok, _file.Ioctl(XeIoctl.VmCreate, longArgs));
        Assert.Equal(2, _file.Vms.Count);
    }

    [Theory]
    [InlineData(0xc0207443, Errno.ENOTTY)]
    [InlineData(0xc0206483, Errno.EINVAL)]
    public void Foreign_and_unknown_requests_are_refused(uint request, Errno expected) =>
        Assert.Equal(expected, _file.Ioctl(request, new byte[32]));

    private Errno Call<T>(uint request, ref T args)
        where T : unmanaged => _file.Ioctl(request, MemoryMarshal.AsBytes(new Span<T>(ref args)));

    private sealed class NoMemory : IUserMemory
    {
        public int Reads { get; private set; }

        public bool TryRead(ulong address, Span<byte> into)
        {
            Reads++;
            return false;
        }

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => false;
    }
}
