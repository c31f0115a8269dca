using System.Collections.Immutable;
using XePt.Diagnostics;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Validate;

namespace XePt.Queues;

/// <summary>The exec queues of one client: how they come and how they go (BIND-103 to BIND-105).</summary>
/// <remarks>Concurrency: any thread. Making a queue and destroying its VM meet inside the VM: either VM_DESTROY sees the queue, or who
/// makes it sees that the VM is closed.</remarks>
/// <param name="host">What engine queues run jobs with.</param>
/// <param name="failures">What is to fail although it need not.</param>
internal sealed class ClientQueues(QueueHost host, FailureInjector failures)
{
    private readonly HandleTable<ExecQueue> _queues = new();

    /// <summary>All of them, by id.</summary>
    public ImmutableArray<ExecQueue> All => [.. _queues.Items.Select(entry => entry.Item)];

    public ExecQueue? Find(uint id) => _queues.Find(id);

    /// <summary>Makes a queue.</summary>
    /// <param name="vm">Its VM.</param>
    /// <param name="args">The call.</param>
    /// <param name="engines">Its engines, which have been checked.</param>
    /// <param name="isPrivileged">The client is bound to no limits.</param>
    /// <param name="made">The queue; with id 0, and ended, when the client has been closed meanwhile.</param>
    /// <returns>Not rejected, or why there is none.</returns>
    public Rejection Create(
        VmContext vm, in DrmXeExecQueueCreate args, ReadOnlySpan<DrmXeEngineClassInstance> engines, bool isPrivileged, out ExecQueue? made)
    {
        made = null;
        if (vm.IsBanned || vm.IsClosed)
            return Refusals.QueueCreateClosedVm(args.VmId);
        if (engines[0].EngineClass == EngineClass.VmBind && failures.Fires(FailurePoint.BindQueueCreate))
            return Refusals.QueueCreateNoMemory(args.VmId);

        var queue = new ExecQueue(args.VmId, vm, [.. engines], args.Width, host);
        Rejection why = Extend(queue, args, isPrivileged);
        if (why.IsRejected)
            return why;
        if (queue is { IsInGroup: true, IsGroupPrimary: false, IsBindQueue: false } && !queue.Group!.TryJoin())
            return Refusals.QueueGroupIsFull(args.Extensions);
        if (!queue.IsBindQueue && !TryJoin(vm, queue))
        {
            LeaveGroup(queue);
            return Refusals.QueueCreateClosedVm(args.VmId);
        }

        if (_queues.Add(queue.Named) == 0)
            End(queue);
        made = queue;
        return default;
    }

    /// <summary>Destroys a queue (BIND-105).</summary>
    /// <returns>Not rejected, or why there is none to destroy; so with the others.</returns>
    public Rejection Destroy(in DrmXeExecQueueDestroy args)
    {
        Rejection why = ExecQueueDestroyChecks.Validate(args);
        if (why.IsRejected)
            return why;
        return Find(args.ExecQueueId) is { } queue && Drop(queue) ? default : Refusals.QueueUnknown(args.ExecQueueId);
    }

    /// <summary>Reads a property (BIND-105).</summary>
    public Rejection GetProperty(ref DrmXeExecQueueGetProperty args)
    {
        Rejection why = ExecQueueGetPropertyChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (Find(args.ExecQueueId) is not { } queue)
            return Refusals.QueueUnknown(args.ExecQueueId);
        if (args.Property != ExecQueueReadableProperty.Ban)
            return Refusals.QueueUnknownProperty((ulong)args.Property);

        args.Value = queue.IsReset ? 1u : 0u;
        return default;
    }

    /// <summary>Sets the priority of a queue in its group.</summary>
    public Rejection SetProperty(in DrmXeExecQueueSetProperty args)
    {
        Rejection why = ExecQueueSetPropertyChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (Find(args.ExecQueueId) is not { } queue)
            return Refusals.QueueUnknown(args.ExecQueueId);
        if (args.Value > XeLimits.PriorityHigh)
            return Refusals.QueuePriorityInGroupIsTooHigh(args.Value, XeLimits.PriorityHigh);
        if (!queue.IsInGroup)
            return Refusals.QueueIsInNoGroup((ulong)args.Property);
        queue.PriorityInGroup = (uint)args.Value;
        return default;
    }

    /// <summary>The queue that an EXEC runs on (BIND-108).</summary>
    public Rejection FindForExec(in DrmXeExec args, out ExecQueue? queue)
    {
        queue = null;
        Rejection why = ExecChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (Find(args.ExecQueueId) is not { } found)
            return Refusals.ExecUnknownQueue(args.ExecQueueId);
        if (found.IsBindQueue)
            return Refusals.ExecOnBindQueue(args.ExecQueueId);
        if (args.NumBatchBuffer != 0 && args.NumBatchBuffer != found.Width)
            return Refusals.ExecBatchCountDiffers(args.NumBatchBuffer, (ulong)found.Width);

        queue = found;
        return default;
    }

    /// <summary>Takes a queue's id away and kills it; false when another thread has done so.</summary>
    private bool Drop(ExecQueue queue)
    {
        if (!_queues.TryRemove(queue.Id, queue))
            return false;
        End(queue);
        return true;
    }

    /// <summary>No queue gets an id any more.</summary>
    public void Seal() => _queues.Seal();

    public void DropAll()
    {
        while (_queues.First is { } queue)
            Drop(queue);
    }

    private Rejection Extend(ExecQueue queue, in DrmXeExecQueueCreate args, bool isPrivileged)
    {
        var extensions =
            new ExecQueueExtensions(host.Memory, _queues, queue, QueueLimits.Of(queue.Vm.Facts.Platform, queue, isPrivileged));
        Rejection why = ExtensionChain.Apply(host.Memory, args.Extensions, ref extensions);
        if (!why.IsRejected && extensions.PriorityInGroup != 0 && !queue.IsInGroup)
            why = Refusals.QueuePriorityNeedsGroup(extensions.PriorityInGroup);
        return why;
    }

    /// <summary>An engine queue keeps its preempt-fence VM alive and gets its preempt fence there (BIND-010, BIND-104).</summary>
    private static bool TryJoin(VmContext vm, ExecQueue queue)
    {
        using VmContext.WriterScope scope = vm.Enter();
        if (vm.IsClosed || vm.IsBanned)
            return false;
        vm.Queues.Add(queue);
        vm.Preemption?.Add(queue);
        return true;
    }

    private static void LeaveGroup(ExecQueue queue)
    {
        if (queue is { IsInGroup: true, IsGroupPrimary: false })
            queue.Group!.Leave();
    }

    private static void End(ExecQueue queue)
    {
        queue.Reset(Errno.ECANCELED);
        if (queue.IsBindQueue)
            return;
        LeaveGroup(queue);
        using VmContext.WriterScope scope = queue.Vm.Enter();
        queue.Vm.Queues.Remove(queue);
        queue.Vm.Preemption?.Remove(queue);
    }
}
