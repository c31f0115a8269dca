using System.Buffers;
using XePt.Devices;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;
using XePt.Validate;

namespace XePt.Queues;

/// <summary>The extensions of EXEC_QUEUE_CREATE, whose queue exists by then and is dropped when one is refused (UAPI-008, GRP-001 to
/// GRP-004).</summary>
/// <param name="memory">The client's memory.</param>
/// <param name="queues">The client's queues.</param>
/// <param name="queue">The queue that is made.</param>
/// <param name="limits">What it may ask for.</param>
internal partial struct ExecQueueExtensions(
    IUserMemory memory, HandleTable<ExecQueue> queues, ExecQueue queue, ExecQueuePropertyCheckContext limits) : IExtensions
{
    // What a queue that joins a group may be given.
    private const uint OfMember = (1u << (int)ExecQueueProperty.MultiGroup) | (1u << (int)ExecQueueProperty.MultiQueuePriority);

    private uint _given;

    /// <summary>The link that sets a priority in a group, or 0.</summary>
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
        if (why.IsRejected)
            return why;
        _given |= 1u << (int)property.Property;
        if (queue.Group is { } group && group.Primary != queue && (_given & ~OfMember) != 0)
            return Refusals.QueueMemberHasNoSuchProperty(property.Property);
        return Set((ExecQueueProperty)property.Property, property.Value, at);
    }

    [OpDispatch]
    private partial Rejection Set(ExecQueueProperty property, ulong value, ulong at);

    [HandlesOp(ExecQueueProperty.Priority)]
    private readonly Rejection SetPriority(ulong value, ulong at)
    {
        queue.Priority = (uint)value;
        return default;
    }

    [HandlesOp(ExecQueueProperty.Timeslice)]
    private readonly Rejection SetTimeslice(ulong value, ulong at)
    {
        queue.Timeslice = value;
        return default;
    }

    [HandlesOp(ExecQueueProperty.MultiQueuePriority)]
    private Rejection SetPriorityInGroup(ulong value, ulong at)
    {
        PriorityInGroup = at;
        queue.PriorityInGroup = (uint)value;
        return default;
    }

    /// <summary>What may be asked for changes nothing: there is no protected content.</summary>
    [HandlesOp(ExecQueueProperty.PxpType)]
    private static Rejection SetProtection(ulong value, ulong at) => default;

    /// <summary>The state is read, and that is all: no hardware context begins with it (GRP-005).</summary>
    [HandlesOp(ExecQueueProperty.HangReplayState)]
    private readonly Rejection SetReplayState(ulong value, ulong at)
    {
        int size = limits.ReplayStateBytes;
        byte[] state = ArrayPool<byte>.Shared.Rent(size);
        bool isRead = memory.TryRead(value, state.AsSpan(0, size));
        ArrayPool<byte>.Shared.Return(state);
        return isRead ? default : Refusals.QueueReplayStateIsUnreadable(value);
    }

    [HandlesOp(ExecQueueProperty.MultiGroup)]
    private readonly Rejection SetGroup(ulong value, ulong at)
    {
        if (queue.IsInGroup)
            return Refusals.QueueIsInGroupAlready(value);
        if ((value & XeConstants.MultiGroupCreate) != 0)
        {
            queue.Group = new QueueGroup(queue);
            return default;
        }

        if (queues.Find((uint)value) is not { } primary)
            return Refusals.QueueGroupIsUnknown(value);
        if (!primary.IsGroupPrimary)
            return Refusals.QueueHasMadeNoGroup(value);
        if (primary.Vm != queue.Vm)
            return Refusals.QueueGroupIsOfAnotherVm(value, primary.VmId);
        if (!IsOnSameEngines(primary))
            return Refusals.QueueGroupIsOnOtherEngines(value);
        queue.Group = primary.Group;
        return default;
    }

    private readonly bool IsOnSameEngines(ExecQueue primary) =>
        primary.EngineClass == queue.EngineClass && primary.Engines[0].GtId == queue.Engines[0].GtId
        && primary.Engines.Select(engine => engine.EngineInstance).Order().Distinct()
            .SequenceEqual(queue.Engines.Select(engine => engine.EngineInstance).Order().Distinct());
}
