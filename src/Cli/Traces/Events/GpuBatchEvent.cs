using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>One access of a batch.</summary>
/// <param name="Address">GPU address.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Content">What is written, or room for what is read or found.</param>
/// <param name="Atomic">What an atomic access does.</param>
/// <param name="Gt">GT that accesses.</param>
internal sealed record BatchedAccess(ulong Address, GpuAccessKind Kind, byte[] Content, GpuAtomic Atomic, int Gt)
{
    private static readonly string[] Kinds = [.. Enum.GetValues<GpuAccessKind>().Select(kind => SnakeCase.Of(kind.ToString()))];

    public static BatchedAccess Read(JsonElement value)
    {
        var fields = new JsonFields(value, "accesses");
        ulong address = fields.Take("addr").ToUInt64("addr");
        int gt = fields.TryTake("gt", out JsonElement given) ? given.ToInt32("gt", max: 31) : 0;
        string name = fields.Take("kind").ToText("kind");
        int kind = Array.IndexOf(Kinds, name);
        BatchedAccess access = kind switch
        {
            (int)GpuAccessKind.Read => new(address, GpuAccessKind.Read, new byte[BytePattern.TakeSize(fields)], default, gt),
            (int)GpuAccessKind.Write => new(address, GpuAccessKind.Write, BytePattern.Take(fields), default, gt),
            (int)GpuAccessKind.Atomic => OfAtomic(address, GpuAtomicEvent.Take(fields, address), gt),
            _ => throw new MalformedRecordException($"'kind': \"{name}\" is none of {string.Join(", ", Kinds)}"),
        };
        fields.End();
        return access;
    }

    private static BatchedAccess OfAtomic(ulong address, GpuAtomic atomic, int gt) =>
        new(address, GpuAccessKind.Atomic, new byte[atomic.Size], atomic, gt);
}

/// <summary>The GPU does many accesses at once. What it reads, and finds in words, is one after the other in the result.</summary>
internal sealed record GpuBatchEvent(HandleRef Vm, BatchedAccess[] Accesses) : ITraceCall
{
    private const int MaxAccesses = 1 << 16;

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        JsonElement[] accesses = fields.Take("accesses").ToArray("accesses");
        if (accesses.Length is 0 or > MaxAccesses)
            throw new MalformedRecordException($"'accesses': not 1 to {MaxAccesses}");
        var batch = new GpuBatchEvent(HandleRef.Take(fields, "vm_id", HandleKind.Vm), [.. accesses.Select(BatchedAccess.Read)]);
        if (batch.Accesses.Sum(access => (long)access.Content.Length) > BytePattern.MaxBytes)
            throw new MalformedRecordException($"'accesses': more than {BytePattern.MaxBytes} bytes");
        return batch;
    }

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Vm.Resolve(player.Names));
        if (Accesses.FirstOrDefault(access => player.Device.Platform.EnginesOf(access.Gt) is null) is { } wrong)
            throw new MalformedRecordException($"'gt': the device has no GT {wrong.Gt}");
        byte[] bytes = [.. Accesses.SelectMany(access => access.Content)];
        GpuAccessRequest[] requests = RequestsOn(vm);
        var ended = new GpuAccess[requests.Length];
        player.Device.Access(requests, bytes, ended);
        return ResultOf(vm, requests, bytes, ended);
    }

    private GpuAccessRequest[] RequestsOn(XeVm vm)
    {
        var requests = new GpuAccessRequest[Accesses.Length];
        int offset = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            BatchedAccess access = Accesses[i];
            requests[i] = new GpuAccessRequest(vm, access.Address, access.Kind, offset, access.Content.Length)
            {
                Atomic = access.Atomic,
                Gt = access.Gt,
            };
            offset += access.Content.Length;
        }

        return requests;
    }

    private static CallResult ResultOf(XeVm vm, GpuAccessRequest[] requests, byte[] bytes, GpuAccess[] ended)
    {
        GpuAccess failed = ended.FirstOrDefault(access => !access.IsDone);
        string[] outcomes = [.. ended.Select(access => AccessText.WordOf(access.Status))];
        IEnumerable<string> counts = outcomes.CountBy(outcome => outcome).Select(count => $"{count.Value} {count.Key.Replace('_', ' ')}");
        string text = $"vm {vm.Id}: {Count.Of(requests.Length, "access", "accesses")}, {string.Join(", ", counts)}";
        byte[] read = [.. requests.Where(request => request.Kind == GpuAccessKind.Read)
            .SelectMany(request => bytes.AsSpan(request.Offset, request.Size).ToArray())];
        return new CallResult(AccessText.ErrnoOf(failed), failed.Why, vm.Id, text)
        {
            Outcomes = outcomes,
            Bytes = read.Length > 0 ? read : null,
            Values = [.. requests.Where(request => request.Kind == GpuAccessKind.Atomic).Select(request => WordAt(bytes, request))],
        };
    }

    private static ulong WordAt(byte[] bytes, GpuAccessRequest request) => request.Size == sizeof(uint)
        ? BitConverter.ToUInt32(bytes, request.Offset) : BitConverter.ToUInt64(bytes, request.Offset);
}
