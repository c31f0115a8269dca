using System.Reflection;
using System.Runtime.CompilerServices;
using XePt.Tests.Bind;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>What each public member of a device, file, VM, BO and queue does when what it belongs to is gone. A member without a row in the
/// tables fails a test: whoever adds one says what it does then.</summary>
public class EndedMembersTests
{
    private const ulong Va = BindScene.A, Size = 1UL << 20;

    private static readonly DrmXeEngineClassInstance Copy = new() { EngineClass = EngineClass.Copy };

    private static readonly ConditionalWeakTable<XeFile, XeVm> VmsOfFiles = [];

    private static readonly Row<XeDevice>[] OfDevice =
    [
        Throws<XeDevice>("OpenFile", device => device.OpenFile()),
        Throws<XeDevice>("EvictAll", device => device.EvictAll()),
        Throws<XeDevice>("MakeRoom", device => device.MakeRoom()),
        Shows<XeDevice>("Pump", device => device.Pump(), 0),
        Shows<XeDevice>("PumpOrWait", device => device.PumpOrWait(TestContext.Current.CancellationToken), 0),
        Shows<XeDevice>("PumpAsync", device => device.PumpAsync(TestContext.Current.CancellationToken).AsTask().IsCompleted, true),
        Shows<XeDevice>("PumpOrWait", device => device.PumpOrWait(1, TestContext.Current.CancellationToken), 0),
        Shows<XeDevice>("PumpAsync", device => device.PumpAsync(1, TestContext.Current.CancellationToken).AsTask().IsCompleted, true),
        Shows<XeDevice>("RaiseFault", device => device.RaiseFault(default)),
        Shows<XeDevice>("RaiseFault", device => device.RaiseFault(0, [0, 0, 0]), Errno.EPROTO),
        Shows<XeDevice>("Access", device => Do(() => device.Access([], [], []))),
        Shows<XeDevice>("AccessWaitLimit", device => device.AccessWaitLimit),
        Shows<XeDevice>("ResetGt", device => device.ResetGt(0), 0),
        Shows<XeDevice>("ExportSyncFile", device => device.ExportSyncFile(3, forWriting: true, out _), Errno.EBADF),
        Shows<XeDevice>("ImportSyncFile", device => device.ImportSyncFile(3, 4, isWriting: true), Errno.EBADF),
        Shows<XeDevice>("MergeSyncFiles", device => device.MergeSyncFiles(3, 4, out _), Errno.EBADF),
        Shows<XeDevice>("FindSyncFile", device => device.FindSyncFile(3, out _), Errno.EBADF),
        Shows<XeDevice>("FaultQueueCapacity", device => device.FaultQueueCapacity),
        Shows<XeDevice>("LostFaults", device => device.LostFaults, 0L),
        Shows<XeDevice>("GetGtStatistics", device => device.GetGtStatistics(0)),
        Shows<XeDevice>("TablesInUse", device => device.TablesInUse, 0),
        Shows<XeDevice>("MoveCounters", device => device.MoveCounters),
        Shows<XeDevice>("CreateFence", device => device.CreateFence("late").TrySignal(), true),
        Shows<XeDevice>("EnterWalk", device => Do(() => device.EnterWalk().Dispose())),
        Shows<XeDevice>("FenceLog", device => device.FenceLog),
        Shows<XeDevice>("Platform", device => device.Platform),
        Shows<XeDevice>("Name", device => device.Name),
        Shows<XeDevice>("Recorder", device => device.Recorder.Read().Count, 0),
        Shows<XeDevice>("Options", device => device.Options),
        Shows<XeDevice>("Failures", device => device.Failures),
        Shows<XeDevice>("Descriptors", device => device.Descriptors.Count),
        Shows<XeDevice>("Tlb", device => device.Tlb.Issued(0)),
        Shows<XeDevice>("Clock", device => device.Clock.RunDue(), 0),
        Shows<XeDevice>("ToString", device => device.ToString()),
        Shows<XeDevice>("Dispose", device => Do(device.Dispose)),
    ];

    private static readonly Row<XeFile>[] OfFile =
    [
        Throws<XeFile>("Ioctl", file => file.Ioctl(XeIoctl.VmCreate, new byte[32])),
        Throws<XeFile>("Ioctl", file => file.Ioctl(XeIoctl.VmCreate, 0x1000, out _)),
        Throws<XeFile>("VmCreate", file => file.VmCreate(ref New<DrmXeVmCreate>())),
        Throws<XeFile>("CreateVm", file => file.CreateVm()),
        Throws<XeFile>("VmDestroy", file => file.VmDestroy(new DrmXeVmDestroy { VmId = 1 })),
        Throws<XeFile>("VmBind", file => file.VmBind(1, Op.Null(Va, Size))),
        Throws<XeFile>("VmBind", file => file.VmBind(1, [Op.Null(Va, Size)], [])),
        Throws<XeFile>("VmBind", file => file.VmBind(1, [Op.Null(Va, Size)], [], 0, out _)),
        Throws<XeFile>("VmBind", file => file.VmBind(default(DrmXeVmBind))),
        Throws<XeFile>("VmBind", file => file.VmBind(default(DrmXeVmBind), [], [], out _)),
        Throws<XeFile>("Madvise", file => file.Madvise(default)),
        Throws<XeFile>("Madvise", file => file.Madvise(default, out _)),
        Throws<XeFile>("VmQueryMemRangeAttrs", file => file.VmQueryMemRangeAttrs(ref New<DrmXeVmQueryMemRangeAttr>())),
        Throws<XeFile>("GemCreate", file => file.GemCreate(ref New<DrmXeGemCreate>())),
        Throws<XeFile>("GemCreate", file => file.GemCreate(ref New<DrmXeGemCreate>(), 0, [new(0x8000, Size)])),
        Throws<XeFile>("GemCreate", file => file.GemCreate(ref New<DrmXeGemCreate>(), new NoContents())),
        Throws<XeFile>("CreateBo", file => file.CreateBo(Size)),
        Throws<XeFile>("GemClose", file => file.GemClose(1)),
        Shows<XeFile>("SinkState", file => file.SinkState, null),
        Shows<XeFile>("KeepSinkState", file => file.KeepSinkState("kept"), "kept"),
        Shows<XeFile>("MemoryUsage", file => file.MemoryUsage.Sum(usage => (long)usage.Total), 0L),
        Throws<XeFile>("GemClose", file => file.GemClose(New<DrmGemClose>())),
        Throws<XeFile>("GemMmapOffset", file => file.GemMmapOffset(ref New<DrmXeGemMmapOffset>())),
        Throws<XeFile>("MoveBo", file => file.MoveBo(1, 0)),
        Throws<XeFile>("MoveBo", file => file.MoveBo(1, 0, [new(0x8000, Size)])),
        Throws<XeFile>("EvictBo", file => file.EvictBo(1)),
        Throws<XeFile>("PinBo", file => file.PinBo(1, true)),
        Throws<XeFile>("MapCpuMemory", file => file.MapCpuMemory(0x1000, new PhysicalRun(0x8000, Size))),
        Throws<XeFile>("MapReadOnlyCpuMemory", file => file.MapReadOnlyCpuMemory(0x1000, new PhysicalRun(0x8000, Size))),
        Throws<XeFile>("UnmapCpuMemory", file => file.UnmapCpuMemory(0x1000)),
        Throws<XeFile>("ReplaceCpuMemory", file => file.ReplaceCpuMemory(0x1000, out _, new PhysicalRun(0x8000, Size))),
        Throws<XeFile>("InvalidateCpuMemory", file => file.InvalidateCpuMemory(new(0x1000, 0x2000))),
        Throws<XeFile>("DeviceQuery", file => file.DeviceQuery(DeviceQueryId.Config, out _)),
        Throws<XeFile>("DeviceQuery", file => file.DeviceQuery(ref New<DrmXeDeviceQuery>())),
        Throws<XeFile>("Observation", file => file.Observation(default)),
        Throws<XeFile>("ExecQueueCreate", file => file.ExecQueueCreate(1, out _, Copy)),
        Throws<XeFile>("ExecQueueCreate", file => file.ExecQueueCreate(ref New<DrmXeExecQueueCreate>())),
        Throws<XeFile>("CreateQueue", file => file.CreateQueue(VmOf(file), Copy)),
        Throws<XeFile>("ExecQueueDestroy", file => file.ExecQueueDestroy(default)),
        Throws<XeFile>("ExecQueueGetProperty", file => file.ExecQueueGetProperty(ref New<DrmXeExecQueueGetProperty>())),
        Throws<XeFile>("ExecQueueSetProperty", file => file.ExecQueueSetProperty(default)),
        Throws<XeFile>("Exec", file => file.Exec(1, 0x1000)),
        Throws<XeFile>("Exec", file => file.Exec(1, [0x1000], [])),
        Throws<XeFile>("Exec", file => file.Exec(default(DrmXeExec))),
        Throws<XeFile>("SyncobjCreate", file => file.SyncobjCreate()),
        Throws<XeFile>("SyncobjCreate", file => file.SyncobjCreate(ref New<DrmSyncobjCreate>())),
        Throws<XeFile>("SyncobjDestroy", file => file.SyncobjDestroy(1)),
        Throws<XeFile>("SyncobjDestroy", file => file.SyncobjDestroy(default(DrmSyncobjDestroy))),
        Throws<XeFile>("SyncobjAttach", file => file.SyncobjAttach(1, Fence.Signalled)),
        Throws<XeFile>("SyncobjFence", file => file.SyncobjFence(1, 0, out _)),
        Throws<XeFile>("SyncobjSignal", file => file.SyncobjSignal(1)),
        Throws<XeFile>("SyncobjSignal", file => file.SyncobjSignal(default(DrmSyncobjArray), [])),
        Throws<XeFile>("SyncobjReset", file => file.SyncobjReset(1)),
        Throws<XeFile>("SyncobjReset", file => file.SyncobjReset(default(DrmSyncobjArray), [])),
        Throws<XeFile>("SyncobjTimelineSignal", file => file.SyncobjTimelineSignal([1], [1])),
        Throws<XeFile>("SyncobjTimelineSignal", file => file.SyncobjTimelineSignal(default, [], [])),
        Throws<XeFile>("SyncobjQuery", file => file.SyncobjQuery([1], new ulong[1])),
        Throws<XeFile>("SyncobjQuery", file => file.SyncobjQuery(default, [], [])),
        Throws<XeFile>("SyncobjWait", file => file.SyncobjWait([1], 0)),
        Throws<XeFile>("SyncobjWait", file => file.SyncobjWait(ref New<DrmSyncobjWait>(), [])),
        Throws<XeFile>("SyncobjTimelineWait", file => file.SyncobjTimelineWait([1], [1], 0)),
        Throws<XeFile>("SyncobjTimelineWait", file => file.SyncobjTimelineWait(ref New<DrmSyncobjTimelineWait>(), [], [])),
        Throws<XeFile>("SyncobjWaitAsync", file => file.SyncobjWaitAsync(default, []).AsTask()),
        Throws<XeFile>("SyncobjTimelineWaitAsync", file => file.SyncobjTimelineWaitAsync(default, [], []).AsTask()),
        Throws<XeFile>("SyncobjHandleToFd", file => file.SyncobjHandleToFd(ref New<DrmSyncobjHandle>())),
        Throws<XeFile>("SyncobjFdToHandle", file => file.SyncobjFdToHandle(ref New<DrmSyncobjHandle>())),
        Throws<XeFile>("PrimeHandleToFd", file => file.PrimeHandleToFd(ref New<DrmPrimeHandle>())),
        Throws<XeFile>("PrimeFdToHandle", file => file.PrimeFdToHandle(ref New<DrmPrimeHandle>())),
        Throws<XeFile>("SyncobjTransfer", file => file.SyncobjTransfer(default)),
        Throws<XeFile>("WaitUserFence", file => file.WaitUserFence(ref New<DrmXeWaitUserFence>())),
        Throws<XeFile>("WaitUserFenceAsync", file => file.WaitUserFenceAsync(default).AsTask()),
        Shows<XeFile>("FindVm", file => file.FindVm(1), null),
        Shows<XeFile>("FindBo", file => file.FindBo(1), null),
        Shows<XeFile>("FindQueue", file => file.FindQueue(1), null),
        Shows<XeFile>("FindMmap", file => file.FindMmap(1UL << 32), null),
        Shows<XeFile>("SyncobjHasFence", file => file.SyncobjHasFence(1), false),
        Shows<XeFile>("Vms", file => file.Vms.Count, 0),
        Shows<XeFile>("ToString", file => file.ToString()),
        Shows<XeFile>("Bos", file => file.Bos.Count, 0),
        Shows<XeFile>("Queues", file => file.Queues.Count, 0),
        Shows<XeFile>("LastRejection", file => file.LastRejection),
        Shows<XeFile>("UserMemory", file => file.UserMemory = file.UserMemory),
        Shows<XeFile>("AddressSpace", file => file.AddressSpace),
        Shows<XeFile>("IsPrivileged", file => file.IsPrivileged = false),
        Shows<XeFile>("NotifyUserFences", file => Do(file.NotifyUserFences)),
        Shows<XeFile>("Descriptors", file => file.Descriptors = file.Descriptors),
        Shows<XeFile>("Device", file => file.Device),
        Shows<XeFile>("Dispose", file => Do(file.Dispose)),
    ];

    private static readonly Row<XeVm>[] OfVm =
    [
        Refuses("Fault", vm => vm.Fault(Va), needsFaultMode: true),
        Refuses("Fault", vm => vm.Fault(Va, out _), needsFaultMode: true),
        Refuses("Fault", FaultBatch, needsFaultMode: true),
        Calls("Bind", vm => vm.Bind([Op.Null(Va, Size)])),
        Refuses("Zap", vm => vm.Zap(Va)),
        Refuses("ZapRange", vm => vm.ZapRange(new(Va, Va + Size)) ? Errno.Ok : vm.LastRejection.Errno),
        Refuses("BindRange", vm => vm.BindRange(new(Va, Va + Size), false, new PhysicalRun(0x8000, Size))),
        Refuses("UnbindRange", vm => vm.UnbindRange(new(Va, Va + Size))),
        Refuses("RebindEvicted", vm => vm.RebindEvicted()),
        Calls("Map", vm => vm.Map(GoneBo(vm), Va)),
        Calls("Map", vm => vm.Map(GoneBo(vm), AddressRange.OfSize(Va, Size))),
        Calls("MapUserptr", vm => vm.MapUserptr(new(Va, Va + Size), 0x1000)),
        Calls("MapNull", vm => vm.MapNull(new(Va, Va + Size))),
        Calls("MapMirror", vm => vm.MapMirror(new(Va, Va + Size))),
        Calls("Unmap", vm => vm.Unmap(new(Va, Va + Size))),
        Calls("UnmapAll", vm => vm.UnmapAll(GoneBo(vm))),
        Calls("Prefetch", vm => vm.Prefetch(new(Va, Va + Size), 0)),
        Calls("Destroy", vm => vm.Destroy()),
        Shows<XeVm>("VmaCount", vm => vm.VmaCount, 0),
        Shows<XeVm>("GetVmas", vm => vm.GetVmas().Count, 0),
        Shows<XeVm>("FindVma", vm => vm.FindVma(Va), null),
        Shows<XeVm>("GetMappings", vm => vm.GetMappings().Count, 0),
        Shows<XeVm>("Access", vm => vm.Access(Va, GpuAccessKind.Write, new byte[8]).IsDone, false),
        Shows<XeVm>("Atomic", vm => vm.Atomic(Va, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out _).IsDone, false),
        Shows<XeVm>("BeginAccess", vm => vm.BeginAccess(Va, GpuAccessKind.Write, new byte[8]).Result.IsDone, false),
        Shows<XeVm>("BeginAtomic", vm => vm.BeginAtomic(Va, GpuAtomic.On64(GpuAtomicOperation.Add, 1)).Result.IsDone, false),
        Shows<XeVm>("Read", vm => vm.Read(Va, new byte[8]).IsDone, false),
        Shows<XeVm>("Write", vm => vm.Write(Va, new byte[8]).IsDone, false),
        Shows<XeVm>("Read", vm => Assert.Throws<GpuAccessException>(() => vm.Read<ulong>(Va))),
        Shows<XeVm>("Write", vm => Assert.Throws<GpuAccessException>(() => vm.Write(Va, 1ul))),
        Shows<XeVm>("TryRead", vm => vm.TryRead(Va, out ulong _), false),
        Shows<XeVm>("TryWrite", vm => vm.TryWrite(Va, 1ul), false),
        Shows<XeVm>("TryGetSpan", vm => vm.TryGetSpan(Va, out _), false),
        Shows<XeVm>("TryGetWritableSpan", vm => vm.TryGetWritableSpan(Va, out _), false),
        Shows<XeVm>("VisitTables", vm => Do(() => vm.VisitTables(ref New<NoTables>()))),
        Shows<XeVm>("Translate", vm => vm.Translate(Va).IsPresent, false),
        Shows<XeVm>("Translate", vm => TranslateBatch(vm).IsPresent, false),
        Shows<XeVm>("TraceWalk", vm => vm.TraceWalk(Va).Count, 0),
        Shows<XeVm>("OpenWalker", vm => Translate(vm), false),
        Shows<XeVm>("GetTlbSpace", vm => vm.GetTlbSpace().Size),
        Shows<XeVm>("GetTableMemory", vm => vm.GetTableMemory().TryReadEntry(0, out _), false),
        Shows<XeVm>("EvictedBos", vm => vm.EvictedBos.Count, 0),
        Shows<XeVm>("InvalidatedUserptrs", vm => vm.InvalidatedUserptrs.Count, 0),
        Shows<XeVm>("IsIdle", vm => vm.IsIdle, true),
        Shows<XeVm>("LastFence", vm => vm.LastFence.IsSignalled, true),
        Shows<XeVm>("StateHash", vm => vm.StateHash()),
        Shows<XeVm>("Counters", vm => vm.Counters),
        Shows<XeVm>("LastRejection", vm => vm.LastRejection),
        Shows<XeVm>("RootAddress", vm => vm.RootAddress()),
        Shows<XeVm>("RootDescriptor", vm => vm.RootDescriptor()),
        Shows<XeVm>("TlbVm", vm => vm.TlbVm),
        Shows<XeVm>("File", vm => vm.File),
        Shows<XeVm>("Id", vm => vm.Id, 1u),
        Shows<XeVm>("Mode", vm => vm.Mode),
        Shows<XeVm>("HasScratch", vm => vm.HasScratch, false),
        Shows<XeVm>("Size", vm => vm.Size),
        Shows<XeVm>("ToString", vm => vm.ToString()),
    ];

    private static readonly Row<XeBo>[] OfBo =
    [
        Shows<XeBo>("File", bo => bo.File),
        Shows<XeBo>("Handle", bo => bo.Handle, 1u),
        Shows<XeBo>("Number", bo => bo.Number),
        Shows<XeBo>("Size", bo => bo.Size, Size),
        Shows<XeBo>("Placements", bo => bo.Placements, 2u),
        Shows<XeBo>("Region", bo => bo.Region, null),
        Shows<XeBo>("IsEvicted", bo => bo.IsEvicted, false),
        Shows<XeBo>("IsPinned", bo => bo.IsPinned, false),
        Shows<XeBo>("Atomic", bo => bo.Atomic, AtomicAccess.Undefined),
        Shows<XeBo>("CpuMappingZaps", bo => bo.CpuMappingZaps, 0L),
        Shows<XeBo>("Contents", bo => bo.Contents, null),
        Shows<XeBo>("Segments", bo => bo.Segments.Count, 0),
        Shows<XeBo>("ToString", bo => bo.ToString()),
    ];

    private static readonly Row<ExecQueue>[] OfQueue =
    [
        Shows<ExecQueue>("Reset", queue => Do(() => queue.Reset(Errno.EIO))),
        Shows<ExecQueue>("JobCount", queue => queue.JobCount, 0),
        Shows<ExecQueue>("IsReset", queue => queue.IsReset),
        Shows<ExecQueue>("IsInGroup", queue => queue.IsInGroup, false),
        Shows<ExecQueue>("IsGroupPrimary", queue => queue.IsGroupPrimary, false),
        Shows<ExecQueue>("PriorityInGroup", queue => queue.PriorityInGroup),
        Shows<ExecQueue>("LostUserFences", queue => queue.LostUserFences, 0L),
        Shows<ExecQueue>("SinkState", queue => queue.SinkState ??= "kept"),
        .. new[] { "Id", "VmId", "Width", "Engines", "EngineClass", "IsBindQueue", "Priority", "Timeslice", "ToString" }
            .Select(name => Shows<ExecQueue>(name, queue => $"{queue.Id} {queue.VmId} {queue.Width} {queue.Engines} {queue.EngineClass} "
                + $"{queue.IsBindQueue} {queue.Priority} {queue.Timeslice} {queue}")),
    ];

    private static XeBo GoneBo(XeVm vm) => new(vm.File, 1, new BufferObject { Size = Size, Placements = 1, CpuCaching = 1 });

    public static TheoryData<string, uint> Ends => new(
        from how in new[] { "destroy", "close", "dispose" }
        from vmFlags in new[] { 0u, 2u, 6u }
        select (how, vmFlags));

    [Fact]
    public void Every_public_member_has_a_row()
    {
        AssertComplete(OfDevice);
        AssertComplete(OfFile);
        AssertComplete(OfVm);
        AssertComplete(OfBo);
        AssertComplete(OfQueue);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void Members_answer_as_the_tables_say(string how, uint vmFlags)
    {
        using var one = new Ended(how, vmFlags);
        Check(OfVm, one.Vm, how);
        Check(OfBo, one.Bo, how, isGone: how != "destroy");
        Check(OfQueue, one.Queue, how);
        if (how != "destroy")
            Check(OfFile, one.File, how);
        if (how == "dispose")
            Check(OfDevice, one.Device, how);
    }

    private static void Check<T>(Row<T>[] rows, T of, string how, bool isGone = true)
    {
        foreach (Row<T> row in rows)
            row.Check(of, how, isGone);
    }

    private static void AssertComplete<T>(Row<T>[] rows)
    {
        IEnumerable<string> there = typeof(T).GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(member => member is PropertyInfo or MethodInfo { IsSpecialName: false }).Select(member => member.Name).Order();
        Assert.Equal(there, rows.Select(row => row.Member).Order());
    }

    private static object? Do(Action action)
    {
        action();
        return null;
    }

    private static ref T New<T>()
        where T : struct => ref (new T[1])[0];

    private static XeVm VmOf(XeFile file) => VmsOfFiles.TryGetValue(file, out XeVm? vm) ? vm : throw new InvalidOperationException();

    private static bool Translate(XeVm vm)
    {
        using XeWalker walker = vm.OpenWalker();
        walker.Refresh();
        return walker.Translate(Va).IsPresent || walker.TranslateNear(Va).IsPresent;
    }

    private static Row<T> Throws<T>(string member, Action<T> call) =>
        new(member, (of, _, _) => Assert.Throws<ObjectDisposedException>(() => call(of)));

    private static Errno FaultBatch(XeVm vm)
    {
        var results = new Errno[1];
        vm.Fault([Va], results);
        return results[0];
    }

    private static Translation TranslateBatch(XeVm vm)
    {
        var results = new Translation[1];
        vm.Translate([Va], results);
        return results[0];
    }

    private static Row<XeVm> Refuses(string member, Func<XeVm, Errno> call, bool needsFaultMode = false) => new(member, (vm, _, _) =>
        Assert.Equal(
            needsFaultMode && vm.Mode != VmMode.Fault ? (Errno.EINVAL, "FLT-031") : (Errno.ENOENT, "BIND-015"),
            (call(vm), vm.LastRejection.RuleId)));

    /// <summary>A call of the file in short: the file may be gone, too.</summary>
    private static Row<XeVm> Calls(string member, Action<XeVm> call) => new(member, (vm, how, _) =>
    {
        if (how != "destroy")
            Assert.Throws<ObjectDisposedException>(() => call(vm));
        else
            Assert.Contains(Assert.Throws<XeCallException>(() => call(vm)).Errno, new[] { Errno.EINVAL, Errno.ENOENT });
    });

    private static Row<T> Shows<T>(string member, Func<T, object?> look) => new(member, (of, _, _) => look(of));

    private static Row<T> Shows<T>(string member, Func<T, object?> look, object? value) => new(member, (of, _, isGone) =>
    {
        object? found = look(of);
        if (isGone)
            Assert.True(Equals(value, found), $"{typeof(T).Name}.{member} is {found}, not {value}");
    });

    private sealed record Row<T>(string Member, Action<T, string, bool> Check);

    private struct NoTables : ITableVisitor
    {
        public readonly void Visit(in TableView table) => Assert.Fail($"a table of a VM that is gone: {table.ToString()}");
    }

    /// <summary>A device with a bound VM, a BO and a queue, of which something has ended.</summary>
    private sealed class NoContents : IBoContents
    {
        public bool TryShow(ReadOnlySpan<BoPiece> pieces) => false;

        public void Hide(ReadOnlySpan<BoPiece> pieces)
        {
        }

        public void End()
        {
        }
    }

    private sealed class Ended : IDisposable
    {
        private readonly BindScene _scene;

        public Ended(string how, uint vmFlags)
        {
            _scene = new BindScene(vmFlags);
            VmsOfFiles.Add(File, Vm);
            uint handle = _scene.Bo("X", Size);
            Bo = File.FindBo(handle)!;
            _scene.Do(Op.Map(handle, Va, Size, flags: VmBindFlags.Immediate));
            Queue = File.CreateQueue(Vm, Copy);
            if (how == "destroy")
            {
                File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = Queue.Id });
                Vm.Destroy();
            }
            else if (how == "close")
            {
                File.Dispose();
            }
            else
            {
                Device.Dispose();
            }
        }

        public XeDevice Device => _scene.Device;

        public XeFile File => _scene.File;

        public XeVm Vm => _scene.Vm;

        public XeBo Bo { get; }

        public ExecQueue Queue { get; }

        public void Dispose() => _scene.Dispose();
    }
}
