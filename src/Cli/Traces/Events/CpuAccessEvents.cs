using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>The CPU reads bytes of a process.</summary>
internal sealed record CpuReadEvent(string? Process, ulong Address, int Size) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        ulong address = fields.Take("addr").ToUInt64("addr");
        int size = BytePattern.TakeSize(fields);
        ProcessText.RequirePages(address, (ulong)size);
        return new CpuReadEvent(ProcessText.TakeProcess(fields), address, size);
    }

    public CallResult Play(TracePlayer player)
    {
        byte[] bytes = new byte[Size];
        Errno errno = player.Process.Use(player.File, Process).Read(Address, bytes);
        string found = errno == Errno.Ok ? $": {BytePattern.Text(bytes)}" : "";
        return ProcessText.Result(Process, errno, $"{CallText.Bytes((ulong)Size)} at 0x{Address:x}{found}") with
        {
            Bytes = errno == Errno.Ok ? bytes : null,
        };
    }
}

/// <summary>The CPU writes bytes of a process.</summary>
internal sealed record CpuWriteEvent(string? Process, ulong Address, byte[] Content) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        ulong address = fields.Take("addr").ToUInt64("addr");
        byte[] content = BytePattern.Take(fields);
        ProcessText.RequirePages(address, (ulong)content.Length);
        return new CpuWriteEvent(ProcessText.TakeProcess(fields), address, content);
    }

    public CallResult Play(TracePlayer player) => ProcessText.Result(
        Process, player.Process.Use(player.File, Process).Write(Address, Content),
        $"{CallText.Bytes((ulong)Content.Length)} at 0x{Address:x}: {BytePattern.Text(Content)}");
}

/// <summary>The CPU touches every page of an interval without changing a byte.</summary>
internal sealed record CpuTouchEvent(string? Process, ulong Address, ulong Size, bool IsWrite, bool IsHuge) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        CpuChange.RequirePages(address, size);
        return new CpuTouchEvent(ProcessText.TakeProcess(fields), address, size, fields.TakeBool("write"), fields.TakeBool("huge"));
    }

    public CallResult Play(TracePlayer player)
    {
        ModelProcess process = player.Process.Use(player.File, Process);
        string how = $"{(IsWrite ? "writing" : "reading")}{(IsHuge ? ", huge pages" : "")}";
        return ProcessText.Result(
            Process, process.Touch(AddressRange.OfSize(Address, Size), IsWrite, IsHuge),
            $"{CallText.Interval(Address, Address + Size)} {how}");
    }
}

/// <summary>The system pages of an interval are pinned, so that they do not migrate, or let go.</summary>
internal sealed record CpuPinEvent(string? Process, ulong Address, ulong Size, bool IsPinned) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        return new CpuPinEvent(ProcessText.TakeProcess(fields), address, size, fields.TakeBool("pinned", otherwise: true));
    }

    public CallResult Play(TracePlayer player)
    {
        player.Process.Use(player.File, Process).SetPinned(AddressRange.OfSize(Address, Size), IsPinned);
        string text = $"{CallText.Interval(Address, Address + Size)} {(IsPinned ? "pinned" : "let go")}";
        return ProcessText.Result(Process, Errno.Ok, text);
    }
}
