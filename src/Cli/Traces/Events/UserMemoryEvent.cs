using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Memory of the client that ioctls read and write: extension chains, user fences.</summary>
internal sealed record UserMemoryEvent(ulong Address, ulong End, byte[] Content, bool IsReadOnly) : ITraceCall
{
    private const ulong Limit = 1UL << 63;

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        ulong address = fields.Take("addr").ToUInt64("addr");
        byte[] content = [];
        ulong size;
        if (fields.TryTake("words", out JsonElement words))
            size = (ulong)(content = BytePattern.Words(words)).Length;
        else if (fields.TryTake("bytes", out JsonElement bytes))
            size = (ulong)(content = BytePattern.Hex(bytes, "bytes")).Length;
        else if (fields.TryTake("size", out JsonElement given))
            size = given.ToUInt64("size");
        else
            throw new MalformedRecordException("memory has 'size', 'bytes' or 'words'");
        if (size == 0 || address >= Limit || size > Limit - address)
            throw new MalformedRecordException("'addr': the memory is empty, or does not end below 2^63");
        return new UserMemoryEvent(address, address + size, content, fields.TakeBool("read_only"));
    }

    public CallResult Play(TracePlayer player)
    {
        player.Memory.Declare(Address, End, Content);
        player.Memory.Protect(Address, End, IsReadOnly);
        return new CallResult(Errno.Ok, default, 0, $"{CallText.Interval(Address, End)}{(IsReadOnly ? ", read-only" : "")}");
    }
}
