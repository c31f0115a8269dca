using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>A fence of somebody else, for example another device, comes into a syncobj; it signals when a <c>signal</c> event says
/// so.</summary>
internal sealed record ExternalFenceEvent(string Name, HandleRef Handle, ulong Point) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        string name = fields.Take("as").ToText("as");
        HandleRef handle = HandleRef.Take(fields, "handle", HandleKind.Syncobj);
        return new ExternalFenceEvent(name, handle, fields.TakeUInt64("point", 0));
    }

    public CallResult Play(TracePlayer player)
    {
        uint handle = Handle.Resolve(player.Names);
        Fence fence = player.Device.CreateFence("external");
        Errno errno = player.File.SyncobjAttach(handle, fence, Point);
        player.Fences[Name] = fence;
        player.Moments.AddClient(
            $"put into syncobj {player.Names.Describe(HandleKind.Syncobj, handle)}{(Point == 0 ? "" : $" point {Point}")}", Name, fence);
        return new CallResult(errno, player.File.LastRejection, 0, $"{Name} in handle {handle}{(Point == 0 ? "" : $" point {Point}")}");
    }
}

/// <summary>A fence made by a <c>fence</c> event signals.</summary>
internal sealed record SignalEvent(string Name, Errno Error) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        string name = fields.Take("fence").ToText("fence");
        return new SignalEvent(name, fields.TryTake("error", out var error) ? error.ToErrno("error") : Errno.Ok);
    }

    public CallResult Play(TracePlayer player)
    {
        if (!player.Fences.TryGetValue(Name, out Fence fence))
            throw new MalformedRecordException($"no fence before this record is called \"{Name}\"");
        if (fence.IsSignalled)
            return new CallResult(Errno.Ok, default, 0, $"{Name}: it had signalled before");
        // Reported first: what the signal sets off comes after it.
        player.Moments.AddClient("signalled", Name, fence);
        fence.TrySignal(Error);
        return new CallResult(Errno.Ok, default, 0, Name);
    }
}

/// <summary>Jobs that run are complete: the first of a queue, or all (<c>count</c> of them).</summary>
internal sealed record CompleteEvent(HandleRef? Queue, int Count, Errno Error) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        HandleRef? queue = fields.Has("exec_queue_id") ? HandleRef.Take(fields, "exec_queue_id", HandleKind.Queue) : null;
        int count = fields.TryTake("count", out var value) ? value.ToInt32("count") : 1;
        return new CompleteEvent(queue, count, fields.TryTake("error", out var error) ? error.ToErrno("error") : Errno.Ok);
    }

    public CallResult Play(TracePlayer player)
    {
        ManualJobSink jobs = player.Jobs ?? throw new MalformedRecordException(
            "jobs complete by themselves; the header's options have \"jobs\": \"manual\" to change that");
        ExecQueue? queue = Queue is { } of ? player.RequireQueue(of.Resolve(player.Names)) : null;
        int done = 0;
        while (done < Count && (queue is null ? jobs.CompleteNext(Error) : jobs.Complete(queue, Error)))
            done++;
        string asked = Console.Count.Of(Count, "job");
        return new CallResult(Errno.Ok, default, 0, done == Count ? asked : $"{done} of {asked}");
    }
}

/// <summary>The jobs of a queue hang: the queue is reset and banned.</summary>
internal sealed record HangEvent(HandleRef Queue) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new HangEvent(HandleRef.Take(fields, "exec_queue_id", HandleKind.Queue));

    public CallResult Play(TracePlayer player)
    {
        uint id = Queue.Resolve(player.Names);
        player.RequireQueue(id).Reset();
        return new CallResult(Errno.Ok, default, 0, $"queue {id}");
    }
}

/// <summary>Time passes on the virtual clock.</summary>
internal sealed record AdvanceEvent(long Nanoseconds) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        ulong time = fields.Take("ns").ToUInt64("ns");
        return time <= long.MaxValue / 2 ? new AdvanceEvent((long)time) : throw new MalformedRecordException("'ns': more than 2^62");
    }

    public CallResult Play(TracePlayer player)
    {
        player.Clock.Advance(Nanoseconds);
        return new CallResult(Errno.Ok, default, 0, $"{Nanoseconds} ns, now {player.Clock.Now}");
    }
}

/// <summary>A thread of the embedder pumps a device that is driven by queues. With the inline drive there is never anything to pump, and
/// the event says so.</summary>
internal sealed record PumpEvent(int Most) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new PumpEvent(fields.TryTake("most", out var most) ? most.ToInt32("most") : int.MaxValue);

    public CallResult Play(TracePlayer player)
    {
        int ran = player.Device.Pump(Most);
        string note = player.Device.Options.Drive == DriveMode.Inline
            ? ": with the inline drive work runs where a signal makes it ready" : "";
        return new CallResult(Errno.Ok, default, 0, $"{Console.Count.Of(ran, "job")}{note}") { Values = [(ulong)ran] };
    }
}
