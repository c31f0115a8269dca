using System.Text.Json;
using XePt.Cli.Input;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>The process maps memory, at an address in place of what is there, or where there is room.</summary>
internal sealed record MmapEvent(
    string? Process, ulong? Address, ulong Size, CpuProtection Protection, CpuVmaKind Kind, string? File, ulong Offset) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        ulong? address = fields.TryTake("addr", out JsonElement given) ? given.ToUInt64("addr") : null;
        ulong size = fields.Take("size").ToUInt64("size");
        ProcessText.RequirePages(address ?? 0, size);
        CpuVmaKind kind = ProcessText.TakeKind(fields);
        string? file = fields.TakeText("file");
        ulong offset = fields.TakeUInt64("offset", 0);
        if (file is not null && kind is not (CpuVmaKind.File or CpuVmaKind.Shared))
            throw new MalformedRecordException("'file': only mappings of kind \"file\" or \"shared\" have one");
        if (offset % XeLimits.PageSize != 0 || offset > ulong.MaxValue - size)
            throw new MalformedRecordException("'offset': no page of a file begins there");
        return new MmapEvent(ProcessText.TakeProcess(fields), address, size, ProcessText.TakeProtection(fields), kind, file, offset);
    }

    public CallResult Play(TracePlayer player)
    {
        ModelProcess process = player.Process.Use(player.File, Process);
        ModelFile? file = File is null ? null : player.Process.Machine.File(File);
        ulong start = Address ?? 0;
        Errno errno = Address is null
            ? process.MapAnywhere(out start, Size, Protection, Kind, file, Offset)
            : process.Map(AddressRange.OfSize(start, Size), Protection, Kind, file, Offset);
        string from = File is null ? "" : $" {File}+0x{Offset:x}";
        string place = Address is null && errno != Errno.Ok ? CallText.Bytes(Size) : CallText.Interval(start, start + Size);
        return ProcessText.Result(Process, errno, $"{place} {ProcessText.Of(Kind)}{from} {ProcessText.Of(Protection)}") with
        {
            Values = [start],
        };
    }
}

/// <summary>The process unmaps memory.</summary>
internal sealed record MunmapEvent(string? Process, ulong Address, ulong Size) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        return new MunmapEvent(ProcessText.TakeProcess(fields), address, size);
    }

    public CallResult Play(TracePlayer player) => ProcessText.Result(
        Process, player.Process.Use(player.File, Process).Unmap(AddressRange.OfSize(Address, Size)),
        CallText.Interval(Address, Address + Size));
}

/// <summary>The process changes what it may do with memory.</summary>
internal sealed record MprotectEvent(string? Process, ulong Address, ulong Size, CpuProtection Protection) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        return new MprotectEvent(ProcessText.TakeProcess(fields), address, size, ProcessText.TakeProtection(fields));
    }

    public CallResult Play(TracePlayer player) => ProcessText.Result(
        Process, player.Process.Use(player.File, Process).Protect(AddressRange.OfSize(Address, Size), Protection),
        $"{CallText.Interval(Address, Address + Size)} {ProcessText.Of(Protection)}");
}

/// <summary>The process makes a mapping smaller or larger, or moves it.</summary>
internal sealed record MremapEvent(
    string? Process, ulong Address, ulong Size, ulong NewSize, ulong? NewAddress, bool MayMove, bool KeepsOld) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        ulong newSize = fields.TakeUInt64("new_size", size);
        ulong? newAddress = fields.TryTake("new_addr", out JsonElement given) ? given.ToUInt64("new_addr") : null;
        ProcessText.RequirePages(newAddress ?? address, newSize);
        bool mayMove = fields.TakeBool("may_move", otherwise: true);
        bool keepsOld = fields.TakeBool("dontunmap");
        return new MremapEvent(ProcessText.TakeProcess(fields), address, size, newSize, newAddress, mayMove, keepsOld);
    }

    public CallResult Play(TracePlayer player)
    {
        ModelProcess process = player.Process.Use(player.File, Process);
        Errno errno = Remap(process, out ulong start);
        string to = errno == Errno.Ok ? CallText.Interval(start, start + NewSize) : CallText.Bytes(NewSize);
        string kept = KeepsOld ? ", the old mapping stays" : "";
        return ProcessText.Result(Process, errno, $"{CallText.Interval(Address, Address + Size)} to {to}{kept}") with { Values = [start] };
    }

    private Errno Remap(ModelProcess process, out ulong start)
    {
        start = NewAddress ?? Address;
        var old = AddressRange.OfSize(Address, Size);
        if (KeepsOld)
            return MayMove && NewSize == Size ? process.RemapKeeping(old, NewAddress, out start) : Errno.EINVAL;
        return NewAddress is null
            ? process.Remap(old, NewSize, MayMove, out start) : process.RemapTo(old, AddressRange.OfSize(start, NewSize));
    }
}

/// <summary>The process gives pages back (madvise with MADV_DONTNEED): anonymous ones read as zero afterwards.</summary>
internal sealed record DiscardEvent(string? Process, ulong Address, ulong Size) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        return new DiscardEvent(ProcessText.TakeProcess(fields), address, size);
    }

    public CallResult Play(TracePlayer player) => ProcessText.Result(
        Process, player.Process.Use(player.File, Process).Discard(AddressRange.OfSize(Address, Size)),
        CallText.Interval(Address, Address + Size));
}

/// <summary>The process holds pages in memory, or lets go of them.</summary>
internal sealed record MlockEvent(string? Process, ulong Address, ulong Size, bool Locks) : ITraceCall
{
    public static ITraceCall ReadLock(JsonFields fields, XeProfile profile) => Read(fields, locks: true);

    public static ITraceCall ReadUnlock(JsonFields fields, XeProfile profile) => Read(fields, locks: false);

    public CallResult Play(TracePlayer player)
    {
        ModelProcess process = player.Process.Use(player.File, Process);
        var range = AddressRange.OfSize(Address, Size);
        return ProcessText.Result(
            Process, Locks ? process.Lock(range) : process.Unlock(range), CallText.Interval(Address, Address + Size));
    }

    private static MlockEvent Read(JsonFields fields, bool locks)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        return new MlockEvent(ProcessText.TakeProcess(fields), address, size, locks);
    }
}

/// <summary>A process makes a child.</summary>
internal sealed record ForkEvent(string? Process, string Name) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new ForkEvent(ProcessText.TakeProcess(fields), PartyName.Take(fields));

    public CallResult Play(TracePlayer player) => ProcessText.Result(
        Process, player.Process.Fork(player.Process.Use(player.File, Process), Name), Name);
}

/// <summary>A process exits.</summary>
internal sealed record ExitEvent(string? Process) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new ExitEvent(ProcessText.TakeProcess(fields));

    public CallResult Play(TracePlayer player)
    {
        player.Process.Exit(player.File, Process);
        return ProcessText.Result(null, Errno.Ok, Process ?? "the client's process");
    }
}

/// <summary>There is a file that processes can map.</summary>
internal sealed record FileEvent(string Name, ulong Size) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new FileEvent(PartyName.Take(fields), fields.Take("size").ToUInt64("size"));

    public CallResult Play(TracePlayer player)
    {
        player.Process.Machine.CreateFile(Name, Size);
        return ProcessText.Result(null, Errno.Ok, $"{Name}: {CallText.Bytes(Size)}");
    }
}
