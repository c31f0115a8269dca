using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Extension chains, which lie in the client's memory (specification 01 section 3).
public sealed partial class XeFile
{
    /// <summary>Walks the chain of GEM_CREATE, whose object exists by then (UAPI-004 to UAPI-007, BIND-035).</summary>
    private Rejection ApplyGemExtensions(ulong first)
    {
        int links = 0;
        for (ulong at = first; at != 0;)
        {
            Rejection why = ReadLink(at, links++, out DrmXeUserExtension link);
            if (!why.IsRejected)
                why = GemCreateExtensionChecks.Validate(link);
            if (!why.IsRejected)
                why = ApplyGemProperty(at);
            if (why.IsRejected)
                return why;
            at = link.NextExtension;
        }

        return default;
    }

    /// <summary>Walks the chain of EXEC_QUEUE_CREATE, whose queue exists by then and is dropped when a link fails (UAPI-004 to UAPI-006, UAPI-008). No link makes a
    /// group, so at the end a multi-queue priority has none.</summary>
    private Rejection ApplyQueueExtensions(ExecQueue queue, ulong first)
    {
        int links = 0;
        ulong priorityInGroup = 0;
        for (ulong at = first; at != 0;)
        {
            Rejection why = ReadLink(at, links++, out DrmXeUserExtension link);
            if (!why.IsRejected)
                why = ExecQueueExtensionChecks.Validate(link);
            if (!why.IsRejected)
                why = ApplyQueueProperty(queue, at, ref priorityInGroup);
            if (why.IsRejected)
                return why;
            at = link.NextExtension;
        }

        return priorityInGroup == 0 ? default : Refusals.QueuePriorityNeedsGroup(priorityInGroup);
    }

    private Rejection ReadLink(ulong at, int links, out DrmXeUserExtension link)
    {
        link = default;
        if (links == XeLimits.MaxExtensionLinks)
            return Refusals.ExtensionChainIsTooLong(at);
        return TryRead(at, out link) ? default : Refusals.ExtensionIsUnreadable(at);
    }

    /// <summary>SET_PROPERTY reads its link once more, as a whole. What it may ask for changes nothing on a device without protected content.</summary>
    private Rejection ApplyGemProperty(ulong at) => TryRead(at, out DrmXeExtSetProperty property)
        ? GemCreatePropertyChecks.Validate(property, DeviceFacts)
        : Refusals.ExtensionPropertyIsUnreadable(at);

    private Rejection ApplyQueueProperty(ExecQueue queue, ulong at, ref ulong priorityInGroup)
    {
        if (!TryRead(at, out DrmXeExtSetProperty property))
            return Refusals.ExtensionPropertyIsUnreadable(at);

        Rejection why = ExecQueuePropertyChecks.Validate(property, QueuePropertyLimits);
        if (why.IsRejected)
            return why;
        if (property.Property == (uint)ExecQueueProperty.Priority)
            queue.Priority = (uint)property.Value;
        else if (property.Property == (uint)ExecQueueProperty.Timeslice)
            queue.Timeslice = property.Value;
        else if (property.Property == (uint)ExecQueueProperty.MultiQueuePriority)
            priorityInGroup = at;
        return default;
    }

    private bool TryRead<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return UserMemory.TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }
}
