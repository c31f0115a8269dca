using XePt.Queues;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt;

/// <summary>The extensions of EXEC_QUEUE_CREATE, whose queue exists by then and is dropped when one is refused (UAPI-008).</summary>
internal partial struct ExecQueueExtensions(IUserMemory memory, ExecQueue queue, ExecQueuePropertyCheckContext limits) : IExtensions
{
    /// <summary>The link that sets a priority in a group, or 0. No link makes a group, so at the end of the chain the priority has
    /// none.</summary>
    public ulong PriorityInGroup { get; private set; }

    public readonly Rejection Check(in DrmXeUserExtension link) => ExecQueueExtensionChecks.Validate(link);

    public Rejection Apply(uint name, ulong at) => ApplyOne((ExecQueueExtension)name, at);

    [OpDispatch]
    private partial Rejection ApplyOne(ExecQueueExtension extension, ulong at);

    /// <summary>Reads its link once more, as a whole.</summary>
    [HandlesOp(ExecQueueExtension.SetProperty)]
    private Rejection SetProperty(ulong at)
    {
        if (!ExtensionChain.TryRead(memory, at, out DrmXeExtSetProperty property))
            return Refusals.ExtensionPropertyIsUnreadable(at);

        Rejection why = ExecQueuePropertyChecks.Validate(property, limits);
        if (!why.IsRejected)
            Set((ExecQueueProperty)property.Property, property.Value, at);
        return why;
    }

    [OpDispatch]
    private partial void Set(ExecQueueProperty property, ulong value, ulong at);

    [HandlesOp(ExecQueueProperty.Priority)]
    private readonly void SetPriority(ulong value, ulong at) => queue.Priority = (uint)value;

    [HandlesOp(ExecQueueProperty.Timeslice)]
    private readonly void SetTimeslice(ulong value, ulong at) => queue.Timeslice = value;

    [HandlesOp(ExecQueueProperty.MultiQueuePriority)]
    private void SetPriorityInGroup(ulong value, ulong at) => PriorityInGroup = at;

    /// <summary>What may be asked for of these changes nothing: no protected content, no state to replay, no group.</summary>
    [HandlesOp(ExecQueueProperty.PxpType)]
    [HandlesOp(ExecQueueProperty.HangReplayState)]
    [HandlesOp(ExecQueueProperty.MultiGroup)]
    private static void Ignore(ulong value, ulong at)
    {
    }
}
