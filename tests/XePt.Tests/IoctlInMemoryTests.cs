using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests;

/// <summary>The untyped ioctl entry whose argument struct is in the client's memory (specification 01 section 1).</summary>
public sealed class IoctlInMemoryTests : IDisposable
{
    private const ulong At = 0x7f00_0000_0ff0;
    private const uint WriteOnly = 1u << 30, ReadWrite = 3u << 30;

    private readonly XeDevice _device = new(XePlatforms.Lnl);
    private readonly XeFile _file;
    private readonly SelectiveMemory _memory = new();

    public IoctlInMemoryTests()
    {
        _file = _device.OpenFile();
        _file.UserMemory = _memory;
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_struct_is_read_and_written_back_where_it_is()
    {
        Put(new DrmXeVmCreate { Flags = VmCreateFlags.LrMode });
        Assert.Equal(Errno.Ok, _file.Ioctl(XeIoctl.VmCreate, At, out Rejection why));
        Assert.False(why.IsRejected);
        Assert.Equal(1u, Get<DrmXeVmCreate>().VmId);
        Assert.Equal(VmMode.PreemptFence, _file.FindVm(1)!.Mode);
    }

    [Fact]
    public void It_is_written_back_also_after_a_failure()
    {
        Put(new DrmXeVmCreate { Flags = (VmCreateFlags)(1u << 30), VmId = 7 });
        _memory.Writes = 0;
        Assert.Equal(Errno.EINVAL, _file.Ioctl(XeIoctl.VmCreate, At, out Rejection why));
        Assert.Equal((Errno.EINVAL, 1), (why.Errno, _memory.Writes));
        Assert.Equal(7u, Get<DrmXeVmCreate>().VmId);
    }

    [Fact]
    public void A_request_that_writes_nothing_back_needs_no_memory_to_write_to()
    {
        XeVm vm = _file.CreateVm();
        Put(new DrmXeVmDestroy { VmId = vm.Id });
        _memory.IsWritable = false;
        // Neither for its own code nor for one that asks for more than is declared.
        Assert.Equal(Errno.Ok, _file.Ioctl(XeIoctl.VmDestroy | ReadWrite, At, out _));
        Assert.Empty(_file.Vms);
    }

    [Fact]
    public void A_struct_that_cannot_be_read_is_a_bad_address_and_nothing_happens()
    {
        _memory.IsReadable = false;
        Assert.Equal(Errno.EFAULT, _file.Ioctl(XeIoctl.VmCreate, At, out Rejection why));
        Assert.Equal(("arg", At), (why.Field, why.Value));
        Assert.Empty(_file.Vms);
        Assert.Equal(0, _memory.Writes);
    }

    [Fact]
    public void A_struct_that_cannot_be_written_back_is_a_bad_address_and_the_call_is_done()
    {
        _memory.IsWritable = false;
        Assert.Equal(Errno.EFAULT, _file.Ioctl(XeIoctl.VmCreate, At, out Rejection why));
        Assert.Equal((Errno.EFAULT, "arg"), (why.Errno, why.Field));
        Assert.Equal(why, _file.LastRejection);
        Assert.Single(_file.Vms);
    }

    /// <summary>Who only reads gets zeros in, as in the driver: the direction in the code counts.</summary>
    [Fact]
    public void Without_the_direction_the_struct_begins_as_zeros()
    {
        Put(new DrmXeVmCreate { Flags = VmCreateFlags.LrMode });
        Assert.Equal(Errno.Ok, _file.Ioctl(XeIoctl.VmCreate & ~WriteOnly, At, out _));
        Assert.Equal(VmMode.DmaFence, _file.FindVm(1)!.Mode);
        Assert.Equal(0, _memory.Reads);
        Assert.Equal(1u, Get<DrmXeVmCreate>().VmId);
    }

    [Theory]
    [InlineData(0xc0207443, Errno.ENOTTY)]
    [InlineData(0xc0206483, Errno.EINVAL)]
    [InlineData(0xffff64ff, Errno.EINVAL)]
    public void Foreign_and_unknown_requests_are_refused_without_a_look_at_the_struct(uint request, Errno expected)
    {
        _memory.IsReadable = false;
        Assert.Equal(expected, _file.Ioctl(request, At, out Rejection why));
        Assert.Equal((expected, "request"), (why.Errno, why.Field));
        Assert.Equal(0, _memory.Reads);
    }

    [Fact]
    public void The_largest_struct_that_a_code_can_ask_for_is_carried()
    {
        Put(new DrmXeVmCreate { Flags = VmCreateFlags.LrMode });
        Assert.Equal(Errno.Ok, _file.Ioctl(XeIoctl.VmCreate | (0x3fffu << 16), At, out _));
        Assert.Equal((1u, 0x3fff), (Get<DrmXeVmCreate>().VmId, _memory.LastWritten));
    }

    private void Put<T>(T args)
        where T : unmanaged => _memory.TryWrite(At, MemoryMarshal.AsBytes(new Span<T>(ref args)));

    private T Get<T>()
        where T : unmanaged
    {
        T args = default;
        _memory.IsReadable = true;
        _memory.TryRead(At, MemoryMarshal.AsBytes(new Span<T>(ref args)));
        return args;
    }

    private sealed class SelectiveMemory : IUserMemory
    {
        private readonly SparseUserMemory _bytes = new();

        public bool IsReadable { get; set; } = true;

        public bool IsWritable { get; set; } = true;

        public int Reads { get; private set; }

        public int Writes { get; set; }

        public int LastWritten { get; private set; }

        public bool TryRead(ulong address, Span<byte> into)
        {
            Reads++;
            return IsReadable && _bytes.TryRead(address, into);
        }

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
        {
            Writes++;
            LastWritten = from.Length;
            return IsWritable && _bytes.TryWrite(address, from);
        }
    }
}
