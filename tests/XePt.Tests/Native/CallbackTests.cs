using System.Runtime.InteropServices;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>What comes back from the library: jobs, invalidations, answers to faults; and who pumps.</summary>
public sealed unsafe class CallbackTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000, Size = 2 << 20;

    private readonly List<JobInfo> _jobs = [], _cancelled = [];
    private readonly List<InvalidationInfo> _invalidations = [];
    private readonly List<FaultReply> _replies = [];
    private readonly List<int> _told = [];
    private readonly GCHandle _self;
    private DeviceHandle _device;
    private bool _acknowledges = true;

    public CallbackTests() => _self = GCHandle.Alloc(this);

    public void Dispose()
    {
        Abi.Destroy(_device);
        _self.Free();
    }

    [Fact]
    public void A_job_runs_until_the_program_says_that_it_is_over()
    {
        ClientHandle client = Open(new DeviceOptions { Submit = &Submit, Cancelled = &Cancel });
        uint vm = Abi.CreateVm(client), queue = CreateQueue(client, vm);
        Exec(client, queue);
        JobInfo job = Assert.Single(_jobs);
        Assert.Equal((client, vm, queue, 1ul, 1u), (job.Client, job.VmId, job.QueueId, job.Seqno, job.BatchCount));
        // The next one waits for it.
        Exec(client, queue);
        Assert.Single(_jobs);
        Assert.Equal((int)Errno.EINVAL, Complete(job.Job, 5));
        Assert.Equal(0, Complete(job.Job, 0));
        Assert.Equal((int)Errno.EBADF, Complete(job.Job, 0));
        Assert.Equal((2, 2ul), (_jobs.Count, _jobs[1].Seqno));
        Assert.NotEqual(job.Job, _jobs[1].Job);
        Assert.Empty(_cancelled);
    }

    [Fact]
    public void A_queue_that_is_reset_cancels_its_job()
    {
        ClientHandle client = Open(new DeviceOptions { Submit = &Submit, Cancelled = &Cancel });
        uint queue = CreateQueue(client, Abi.CreateVm(client));
        Exec(client, queue);
        delegate* unmanaged<ClientHandle, uint, int> reset = &ClientExports.QueueReset;
        Assert.Equal(0, reset(client, queue));
        Assert.Equal(_jobs[0].Job, Assert.Single(_cancelled).Job);
        Assert.Equal((int)Errno.EBADF, Complete(_jobs[0].Job, 0));
        Assert.Equal((int)Errno.ENOENT, reset(client, 77));
    }

    [Fact]
    public void A_tlb_hears_of_invalidations_and_acknowledges_them()
    {
        ClientHandle client = Open(default);
        uint vm = Abi.CreateVm(client);
        TlbHandle tlb;
        delegate* unmanaged<DeviceHandle, int, delegate* unmanaged<void*, InvalidationInfo*, void>, void*, TlbHandle*, int> register =
            &TlbExports.Register;
        Assert.Equal(0, register(_device, 0, &Invalidate, Self, &tlb));
        Abi.Map(client, vm, Abi.CreateBo(client, Size), Va, 0x1000);
        _acknowledges = false;
        Assert.Equal(0, Abi.Bind(client, vm, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = 0x1000 }));
        InvalidationInfo last = _invalidations[^1];
        Assert.Equal(tlb, last.Tlb);
        // With the page go its tables, up to one that others use.
        Assert.True(last.Start <= Va && last.End >= Va + 0x1000 && last.ShapedStart <= last.Start && last.ShapedEnd >= last.End);
        delegate* unmanaged<TlbHandle, ulong, int> acknowledge = &TlbExports.Acknowledge;
        Assert.Equal((int)Errno.EINVAL, acknowledge(tlb, last.Seqno + 1));
        Assert.False(IsAcknowledged(last.Seqno));
        Assert.Equal(0, acknowledge(tlb, last.Seqno));
        Assert.True(IsAcknowledged(last.Seqno));
        Assert.DoesNotContain(_told, error => error != 0);
        delegate* unmanaged<TlbHandle, int> unregister = &TlbExports.Unregister;
        Assert.Equal(0, unregister(tlb));
        Assert.Equal((int)Errno.EBADF, unregister(tlb));
    }

    [Fact]
    public void A_fault_is_answered_and_the_reason_told()
    {
        ClientHandle client = Open(new DeviceOptions { FaultReply = &Reply });
        uint vm = Abi.CreateVm(client, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Abi.Map(client, vm, Abi.CreateBo(client, Size), Va, Size);
        var info = new VmInfo { Size = (uint)sizeof(VmInfo) };
        delegate* unmanaged<ClientHandle, uint, VmInfo*, int> describe = &VmExports.Info;
        Assert.Equal(0, describe(client, vm, &info));
        Assert.Equal((byte)TranslationStatus.NotPresent, Abi.Translate(client, vm, Va).Status);
        Assert.Equal(0, Raise(new FaultInfo { Asid = info.Asid, PageAddress = Va, Access = (byte)GpuAccessKind.Write }));
        Assert.Equal((byte)TranslationStatus.Mapped, Abi.Translate(client, vm, Va).Status);
        Assert.Equal(0, Raise(new FaultInfo { Asid = info.Asid, PageAddress = Va + Size }));
        Assert.Equal([0, (int)Errno.EINVAL], _replies.Select(reply => reply.Error));
        Assert.Equal((int)Errno.EINVAL, _told[^1]);
        Assert.Equal((int)Errno.EINVAL, Raise(new FaultInfo { Gt = 31 }));
        delegate* unmanaged<ClientHandle, uint, ulong, int> serve = &AccessExports.FaultServe;
        Assert.Equal(0, serve(client, vm, Va));
        Assert.Equal((int)Errno.EINVAL, serve(client, vm, Va + Size));
    }

    [Fact]
    public void A_pump_that_waits_runs_what_becomes_ready_and_can_be_interrupted()
    {
        ClientHandle client = Open(new DeviceOptions { Drive = (uint)DriveMode.Queued, Submit = &Submit });
        uint queue = CreateQueue(client, Abi.CreateVm(client));
        DeviceHandle device = _device;
        int ran = 0, ended = 0;
        var pump = new Thread(() =>
        {
            delegate* unmanaged<DeviceHandle, int, int> wait = &DeviceExports.PumpWait;
            int result;
            while ((result = wait(device, int.MaxValue)) > 0)
                Interlocked.Add(ref ran, result);
            Volatile.Write(ref ended, result);
        });
        pump.Start();
        Exec(client, queue);
        SpinWait.SpinUntil(() => Volatile.Read(ref ran) != 0);
        delegate* unmanaged<DeviceHandle, int> interrupt = &DeviceExports.PumpInterrupt;
        // It may be on its way into the wait, which an interruption before it does not end.
        while (!pump.Join(1))
            Assert.Equal(0, interrupt(device));
        Assert.Equal((int)Errno.EINTR, ended);
        Assert.Single(_jobs);
    }

    private void* Self => (void*)GCHandle.ToIntPtr(_self);

    private static CallbackTests Of(void* user) => (CallbackTests)GCHandle.FromIntPtr((nint)user).Target!;

    private ClientHandle Open(DeviceOptions options)
    {
        options.User = Self;
        _device = Abi.CreateDevice("lnl", options);
        return Abi.OpenClient(_device);
    }

    private static uint CreateQueue(ClientHandle client, uint vm)
    {
        var engine = new DrmXeEngineClassInstance { EngineClass = EngineClass.Copy };
        var args = new DrmXeExecQueueCreate { VmId = vm, Width = 1, NumPlacements = 1, Instances = (ulong)&engine };
        Assert.Equal(0, Abi.Ioctl(client, XeIoctl.ExecQueueCreate, ref args));
        return args.ExecQueueId;
    }

    private static void Exec(ClientHandle client, uint queue)
    {
        var args = new DrmXeExec { ExecQueueId = queue, NumBatchBuffer = 1, Address = Va };
        Assert.Equal(0, Abi.Ioctl(client, XeIoctl.Exec, ref args));
    }

    private static int Complete(JobHandle job, int error)
    {
        delegate* unmanaged<JobHandle, int, int> complete = &JobExports.Complete;
        return complete(job, error);
    }

    private int Raise(FaultInfo fault)
    {
        delegate* unmanaged<DeviceHandle, FaultInfo*, int> raise = &AccessExports.FaultRaise;
        return raise(_device, &fault);
    }

    private bool IsAcknowledged(ulong seqno) => Handles.Get<NativeDevice>(_device.Value).Device.Tlb.IsAcknowledged(0, seqno);

    [UnmanagedCallersOnly]
    private static void Submit(void* user, JobInfo* job) => Of(user)._jobs.Add(*job);

    [UnmanagedCallersOnly]
    private static void Cancel(void* user, JobInfo* job) => Of(user)._cancelled.Add(*job);

    [UnmanagedCallersOnly]
    private static void Reply(void* user, FaultReply* reply)
    {
        // Nothing may be thrown here.
        Of(user)._replies.Add(*reply);
        Of(user)._told.Add(Abi.LastFailure().Error);
    }

    [UnmanagedCallersOnly]
    private static void Invalidate(void* user, InvalidationInfo* invalidation)
    {
        Of(user)._invalidations.Add(*invalidation);
        if (!Of(user)._acknowledges)
            return;
        delegate* unmanaged<TlbHandle, ulong, int> acknowledge = &TlbExports.Acknowledge;
        Of(user)._told.Add(acknowledge(invalidation->Tlb, invalidation->Seqno));
    }
}
