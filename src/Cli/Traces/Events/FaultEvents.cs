using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>A GT reports a page fault, as fields or as the four words of the firmware's message.</summary>
internal sealed record GpuFaultEvent(HandleRef? Vm, GpuFault Fault, uint[]? Words) : ITraceCall
{
    private static readonly (string Name, GpuAccessKind Value)[] Kinds =
        [.. Enum.GetValues<GpuAccessKind>().Select(kind => (SnakeCase.Of(kind.ToString()), kind))];

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        int gt = GtResetEvent.TakeGt(fields);
        if (fields.TryTake("words", out JsonElement words))
            return new GpuFaultEvent(null, new GpuFault { Gt = gt }, [
                .. words.ToArray("words").Select(word => (uint)word.ToField("words", sizeof(uint)))]);

        HandleRef? vm = fields.Has("vm_id") ? HandleRef.Take(fields, "vm_id", HandleKind.Vm) : null;
        ulong asid = vm is null ? fields.Take("asid").ToUInt64("asid") : 0;
        if (asid >> 20 != 0)
            throw new MalformedRecordException("'asid': has 20 bits");
        return new GpuFaultEvent(vm, new GpuFault
        {
            Gt = gt,
            Asid = (uint)asid,
            PageAddress = fields.Take("addr").ToUInt64("addr") & ~(XeLimits.PageSize - 1),
            Access = TakeKind(fields),
            Type = TakeSmall(fields, "type", 3),
            Level = fields.TakeBool("nack") ? GpuFault.NackLevel : TakeSmall(fields, "level", 7),
            EngineClass = TakeSmall(fields, "engine_class", 7),
            EngineInstance = TakeSmall(fields, "engine_instance", 0x3f),
            VirtualFunction = TakeSmall(fields, "vf", 0x3f),
            ProducerData = fields.TryTake("producer", out JsonElement data) ? (ushort)data.ToField("producer", sizeof(ushort)) : (ushort)0,
        }, null);
    }

    public CallResult Play(TracePlayer player)
    {
        GtResetEvent.Require(player, Fault.Gt);
        GpuFault fault = Fault;
        Errno errno = Words is null ? Errno.Ok : GpuFault.TryDecode(Fault.Gt, Words, out fault);
        if (errno != Errno.Ok)
            return new CallResult(errno, default, 0, $"a message of {Count.Of(Words!.Length, "word")}");

        if (Vm is { } of)
            fault = fault with { Asid = player.RequireVm(of.Resolve(player.Names)).TlbVm.Asid };
        TraceFaults faults = player.Client.Device.Faults;
        long before = faults.Count;
        errno = player.Device.RaiseFault(fault);
        GpuFaultReply? reply = faults.Find(fault, before);
        GpuAccessStatus status = errno != Errno.Ok ? GpuAccessStatus.Lost
            : reply is not { } answer ? GpuAccessStatus.Pending
            : answer.Error != Errno.Ok ? GpuAccessStatus.Nacked : GpuAccessStatus.Done;
        string word = AccessText.WordOf(status);
        string end = status == GpuAccessStatus.Done ? "" : $" ({word})";
        return new CallResult(reply?.Error ?? errno, reply?.Why ?? default, 0, $"{fault}{end}")
        {
            Outcome = word,
            Values = reply is { } told ? [FaultRepliesEvent.WordsOf(told)] : [],
        };
    }

    private static GpuAccessKind TakeKind(JsonFields fields)
    {
        string name = fields.TakeText("access") ?? Kinds[0].Name;
        int found = Array.FindIndex(Kinds, kind => kind.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return found >= 0 ? Kinds[found].Value : throw new MalformedRecordException(
            $"'access': unknown \"{name}\"{NearestName.HintAndNames(name, Kinds.Select(kind => kind.Name))}");
    }

    private static byte TakeSmall(JsonFields fields, string name, int max) =>
        fields.TryTake(name, out JsonElement value) ? (byte)value.ToInt32(name, max) : (byte)0;
}

/// <summary>The firmware reads the answers to page faults that have come since it did so last. Values: each as its two words, the first in
/// the lower half.</summary>
internal sealed record FaultRepliesEvent : ITraceCall
{
    private const int MostShown = 4;

    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new FaultRepliesEvent();

    public CallResult Play(TracePlayer player)
    {
        GpuFaultReply[] replies = player.Client.Device.Faults.Take();
        string shown = string.Join("; ", replies.Take(MostShown));
        string more = replies.Length > MostShown ? $"; {replies.Length - MostShown} more" : "";
        return new CallResult(Errno.Ok, default, 0, $"{Count.Of(replies.Length, "answer")}{(shown.Length > 0 ? ": " : "")}{shown}{more}")
        {
            Values = [.. replies.Select(WordsOf)],
        };
    }

    /// <summary>An answer as the firmware gets it.</summary>
    public static ulong WordsOf(GpuFaultReply reply)
    {
        Span<uint> words = stackalloc uint[2];
        reply.Fault.ToReplyWords(reply.Error != Errno.Ok, words);
        return words[0] | ((ulong)words[1] << 32);
    }
}

/// <summary>A GT is reset: its faults that wait are neither serviced nor answered. The value is how many.</summary>
internal sealed record GtResetEvent(int Gt) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new GtResetEvent(TakeGt(fields));

    public CallResult Play(TracePlayer player)
    {
        Require(player, Gt);
        int forgotten = player.Device.ResetGt(Gt);
        return new CallResult(Errno.Ok, default, 0, $"GT {Gt}: {Count.Of(forgotten, "fault")} forgotten") { Values = [(ulong)forgotten] };
    }

    /// <summary>Takes a GT; 0 without one.</summary>
    public static int TakeGt(JsonFields fields) => fields.TryTake("gt", out JsonElement gt) ? gt.ToInt32("gt", max: 31) : 0;

    /// <summary>The device must have it.</summary>
    public static void Require(TracePlayer player, int gt)
    {
        if (player.Device.Platform.EnginesOf(gt) is null)
            throw new MalformedRecordException($"'gt': the device has no GT {gt}");
    }
}

/// <summary>Late copies of page faults end, the oldest first. The value is how many did.</summary>
internal sealed record CopiesEvent(int Count, Errno Error) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        int count = fields.TryTake("count", out JsonElement value) ? value.ToInt32("count") : int.MaxValue;
        return new CopiesEvent(count, fields.TryTake("error", out JsonElement error) ? error.ToErrno("error") : Errno.Ok);
    }

    public CallResult Play(TracePlayer player)
    {
        TraceCopyEngine copies = player.Client.Device.Copies;
        if (!copies.IsLate)
            throw new MalformedRecordException("copies end by themselves; the header's options have \"copies\": \"late\" to change that");
        int ended = copies.Complete(Count, Error);
        return new CallResult(Errno.Ok, default, 0, Console.Count.Of(ended, "copy", "copies")) { Values = [(ulong)ended] };
    }
}
