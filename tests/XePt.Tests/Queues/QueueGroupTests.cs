using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>Multi-queue groups and states to replay (docs/uapi-rest.md section 3).</summary>
public sealed class QueueGroupTests : IDisposable
{
    private const ulong Chain = 0x10000, State = 0x7000_0000;

    private static readonly DrmXeEngineClassInstance Copy = new() { EngineClass = EngineClass.Copy };
    private static readonly DrmXeEngineClassInstance Compute = new() { EngineClass = EngineClass.Compute };

    private readonly XeDevice _device = new(XePlatforms.Cri);
    private readonly XeFile _file;
    private readonly SparseUserMemory _memory = new();
    private readonly uint _vm;

    public QueueGroupTests()
    {
        _file = _device.OpenFile();
        _file.UserMemory = _memory;
        _vm = VmOf();
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    [Rule("GRP-001")]
    public void A_queue_makes_a_group_and_others_join_it()
    {
        ExecQueue primary = Make(Copy, (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate));
        ExecQueue member = Make(Copy, (ExecQueueProperty.MultiQueuePriority, 2), (ExecQueueProperty.MultiGroup, primary.Id));
        Assert.Equal((true, true, 1u), (primary.IsInGroup, primary.IsGroupPrimary, primary.PriorityInGroup));
        Assert.Equal((true, false, 2u), (member.IsInGroup, member.IsGroupPrimary, member.PriorityInGroup));
        Assert.Equal(Errno.Ok, _file.Exec(member.Id, 0x1000));
    }

    [Fact]
    [Rule("GRP-002")]
    public void What_is_no_group_is_refused_in_order_and_leaves_no_queue()
    {
        ExecQueue primary = Make(Copy, (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate)), plain = Make(Copy);
        ExecQueue elsewhere = Make(VmOf(), 1, [Copy], (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate));
        Refused(
            Errno.EINVAL, "GRP-002", "property", 2, [Copy, Copy with { EngineInstance = 1 }],
            (ExecQueueProperty.MultiGroup, ulong.MaxValue));
        Refused(Errno.EINVAL, "GRP-002", "value", 1, [Copy], (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate | primary.Id));
        Refused(Errno.EINVAL, "GRP-002", "value", 1, [Copy], (ExecQueueProperty.MultiGroup, 1ul << 32 | primary.Id));
        Refused(Errno.ENOENT, "GRP-002", "value", 1, [Copy], (ExecQueueProperty.MultiGroup, 99));
        Refused(Errno.EINVAL, "GRP-002", "value", 1, [Copy], (ExecQueueProperty.MultiGroup, plain.Id));
        Assert.Equal("the queue with this id has made no group", _file.LastRejection.Because);
        Refused(Errno.EINVAL, "GRP-002", "value", 1, [Copy], (ExecQueueProperty.MultiGroup, elsewhere.Id));
        Assert.Equal(
            ("the queue with this id is of another VM", new Comparand("its VM", elsewhere.VmId)),
            (_file.LastRejection.Because, _file.LastRejection.ComparedWith!.Value));
        Refused(Errno.EINVAL, "GRP-002", "value", 1, [Compute], (ExecQueueProperty.MultiGroup, primary.Id));
        Assert.Equal("the queue with this id is on other engines", _file.LastRejection.Because);
        Refused(
            Errno.EINVAL, "GRP-002", "value", 1, [Copy], (ExecQueueProperty.MultiGroup, primary.Id),
            (ExecQueueProperty.MultiGroup, primary.Id));
    }

    [Theory]
    [InlineData(ExecQueueProperty.Priority, 1ul)]
    [InlineData(ExecQueueProperty.Timeslice, 1000ul)]
    [InlineData(ExecQueueProperty.HangReplayState, State)]
    [Rule("GRP-003")]
    public void A_member_has_no_properties_of_its_own(ExecQueueProperty property, ulong value)
    {
        ExecQueue primary = Make(Copy, (property, value), (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate));
        Refused(
            Errno.EINVAL, "GRP-003", "property", 1, [Copy], (ExecQueueProperty.MultiGroup, primary.Id), (property, value));

        // Each link looks at those so far, and only when the queue has joined: before that nothing is known.
        Refused(
            Errno.EINVAL, "GRP-003", "property", 1, [Copy], (property, value), (ExecQueueProperty.MultiGroup, primary.Id),
            (ExecQueueProperty.MultiQueuePriority, 1));
        Make(Copy, (property, value), (ExecQueueProperty.MultiQueuePriority, 1), (ExecQueueProperty.MultiGroup, primary.Id));
    }

    [Fact]
    [Rule("GRP-002")]
    public void A_bind_queue_is_in_no_group()
    {
        ExecQueue primary = Make(Copy, (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate));
        var bind = new DrmXeEngineClassInstance { EngineClass = EngineClass.VmBind };
        foreach (ulong value in (ulong[])[XeConstants.MultiGroupCreate, XeConstants.MultiGroupCreate | 1, primary.Id, 99, 1ul << 40])
            Refused(Errno.EINVAL, "GRP-002", "property", 1, [bind], (ExecQueueProperty.MultiGroup, value));
    }

    [Fact]
    [Rule("GRP-004")]
    public void A_group_has_64_queues()
    {
        ExecQueue primary = Make(Compute, (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate));
        ExecQueue[] members = [.. Enumerable.Range(1, 63).Select(_ => Make(Compute, (ExecQueueProperty.MultiGroup, primary.Id)))];
        Refused(Errno.EINVAL, "GRP-004", "extensions", 1, [Compute], (ExecQueueProperty.MultiGroup, primary.Id));
        Assert.Equal(Errno.Ok, _file.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = members[5].Id }));
        Make(Compute, (ExecQueueProperty.MultiGroup, primary.Id));
    }

    [Fact]
    [Rule("GRP-006")]
    public void Priorities_in_a_group_change()
    {
        ExecQueue primary = Make(Copy, (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate)), plain = Make(Copy);
        var args = new DrmXeExecQueueSetProperty { ExecQueueId = primary.Id, Property = ExecQueueProperty.MultiQueuePriority, Value = 3 };
        Assert.Equal((Errno.EINVAL, "value"), (_file.ExecQueueSetProperty(args), _file.LastRejection.Field));
        Assert.Equal((Errno.Ok, 1u), (_file.ExecQueueSetProperty(args with { Value = 1 }), primary.PriorityInGroup));
        Assert.Equal((Errno.Ok, 0u), (_file.ExecQueueSetProperty(args with { Value = 0 }), primary.PriorityInGroup));
        Assert.Equal(Errno.EINVAL, _file.ExecQueueSetProperty(args with { Value = 1, ExecQueueId = plain.Id }));
        Assert.Equal("property", _file.LastRejection.Field);
    }

    [Theory]
    [InlineData("lnl", EngineClass.Render, 3)]
    [InlineData("tgl", EngineClass.Render, 13)]
    [InlineData("lnl", EngineClass.Compute, 2)]
    [InlineData("dg2", EngineClass.Compute, 13)]
    [InlineData("lnl", EngineClass.Copy, 1)]
    [InlineData("lnl", EngineClass.VmBind, 1)]
    [Rule("GRP-005")]
    public void A_state_to_replay_is_read_whole(string platform, EngineClass engine, int pages)
    {
        using var device = new XeDevice(Kit.TestGpu.Named(platform));
        XeFile file = device.OpenFile();
        var memory = new Short { End = State + ((ulong)pages * 0x1000) };
        file.UserMemory = memory;
        var vm = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref vm));
        memory.Put(Chain, (ExecQueueProperty.HangReplayState, State));
        var args = new DrmXeExecQueueCreate { VmId = vm.VmId, Width = 1, NumPlacements = 1, Extensions = Chain };
        Assert.Equal(Errno.Ok, file.ExecQueueCreate(ref args, new DrmXeEngineClassInstance { EngineClass = engine }));
        memory.End--;
        Assert.Equal(Errno.EFAULT, file.ExecQueueCreate(ref args, new DrmXeEngineClassInstance { EngineClass = engine }));
        Assert.Equal(("GRP-005", State), (file.LastRejection.RuleId, file.LastRejection.Value));
        Assert.Single(file.Queues);
    }

    private uint VmOf()
    {
        var args = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, _file.VmCreate(ref args));
        return args.VmId;
    }

    private ExecQueue Make(DrmXeEngineClassInstance engine, params (ExecQueueProperty Property, ulong Value)[] chain) =>
        Make(_vm, 1, [engine], chain);

    private ExecQueue Make(uint vm, ushort width, DrmXeEngineClassInstance[] engines, params (ExecQueueProperty, ulong)[] chain)
    {
        DrmXeExecQueueCreate args = Args(vm, width, chain);
        Errno errno = _file.ExecQueueCreate(ref args, engines);
        Assert.Equal((Errno.Ok, ""), (errno, _file.LastRejection.IsRejected ? _file.LastRejection.ToString() : ""));
        return _file.FindQueue(args.ExecQueueId)!;
    }

    private void Refused(
        Errno errno, string rule, string field, ushort width, DrmXeEngineClassInstance[] engines, params (ExecQueueProperty, ulong)[] chain)
    {
        int before = _file.Queues.Count;
        DrmXeExecQueueCreate args = Args(_vm, width, chain);
        Assert.Equal(errno, _file.ExecQueueCreate(ref args, engines));
        Assert.Equal((rule, field), (_file.LastRejection.RuleId, _file.LastRejection.Field));
        Assert.Equal((before, 0u), (_file.Queues.Count, args.ExecQueueId));
    }

    private DrmXeExecQueueCreate Args(uint vm, ushort width, (ExecQueueProperty, ulong)[] chain)
    {
        Put(_memory, Chain, chain);
        return new DrmXeExecQueueCreate { VmId = vm, Width = width, NumPlacements = 1, Extensions = chain.Length == 0 ? 0 : Chain };
    }

    private static void Put(SparseUserMemory memory, ulong at, params (ExecQueueProperty Property, ulong Value)[] chain)
    {
        for (int i = 0; i < chain.Length; i++)
        {
            var link = new DrmXeExtSetProperty { Property = (uint)chain[i].Property, Value = chain[i].Value };
            link.Base.NextExtension = i + 1 < chain.Length ? at + (64 * ((ulong)i + 1)) : 0;
            memory.TryWrite(at + (64 * (ulong)i), MemoryMarshal.AsBytes(new Span<DrmXeExtSetProperty>(ref link)));
        }
    }

    /// <summary>Memory that ends somewhere.</summary>
    private sealed class Short : IUserMemory
    {
        private readonly SparseUserMemory _all = new();

        public ulong End { get; set; }

        public void Put(ulong at, params (ExecQueueProperty, ulong)[] chain) => QueueGroupTests.Put(_all, at, chain);

        public bool TryRead(ulong address, Span<byte> into) => address + (ulong)into.Length <= End && _all.TryRead(address, into);

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => false;
    }
}
