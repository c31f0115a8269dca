using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Where the GPU accesses memory.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Address">GPU address.</param>
/// <param name="Gt">GT that accesses.</param>
internal readonly record struct AccessPlace(HandleRef Vm, ulong Address, int Gt)
{
    /// <summary>Takes the fields that all accesses have.</summary>
    public static AccessPlace Take(JsonFields fields) => new(
        HandleRef.Take(fields, "vm_id", HandleKind.Vm), fields.Take("addr").ToUInt64("addr"),
        fields.TryTake("gt", out var gt) ? gt.ToInt32("gt", max: 31) : 0);

    /// <summary>The VM, which must exist, with a GT that its device has.</summary>
    public XeVm Require(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Vm.Resolve(player.Names));
        return player.Device.Platform.EnginesOf(Gt) is not null
            ? vm : throw new MalformedRecordException($"'gt': the device has no GT {Gt}");
    }

    /// <summary>The result of an access.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="access">What became of it.</param>
    /// <param name="what">What it was: <c>8 B</c>.</param>
    /// <param name="told">What it gave, for lists.</param>
    public CallResult Result(XeVm vm, in GpuAccess access, string what, string told)
    {
        string gt = Gt == 0 ? "" : $" by GT {Gt}";
        string end = access.Status == GpuAccessStatus.Done ? "" : $" ({AccessText.WordOf(access.Status).Replace('_', ' ')})";
        return new CallResult(AccessText.ErrnoOf(access), access.Why, vm.Id, $"vm {vm.Id}: {what} at 0x{Address:x}{gt}{told}{end}")
        {
            Outcome = AccessText.WordOf(access.Status),
        };
    }
}

/// <summary>Outcomes of accesses in words and as errnos.</summary>
internal static class AccessText
{
    /// <summary><c>not_present</c>.</summary>
    public static string WordOf(GpuAccessStatus status) => SnakeCase.Of(status.ToString());

    /// <summary>The errno that the access stands for: that of the fault that was refused, or one for what no fault is about.</summary>
    public static Errno ErrnoOf(in GpuAccess access) => access.Status switch
    {
        GpuAccessStatus.Done or GpuAccessStatus.Scratch => Errno.Ok,
        GpuAccessStatus.Nacked => access.Error,
        GpuAccessStatus.Pending => Errno.EAGAIN,
        GpuAccessStatus.Refaulting or GpuAccessStatus.Lost => Errno.EIO,
        _ => Errno.EFAULT,
    };
}

/// <summary>The GPU reads bytes.</summary>
internal sealed record GpuReadEvent(AccessPlace Place, int Size) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new GpuReadEvent(AccessPlace.Take(fields), BytePattern.TakeSize(fields));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = Place.Require(player);
        byte[] bytes = new byte[Size];
        GpuAccess access = vm.Access(Place.Address, GpuAccessKind.Read, bytes, Place.Gt);
        return Place.Result(vm, access, CallText.Bytes((ulong)Size), access.IsDone ? $": {BytePattern.Text(bytes)}" : "") with
        {
            Bytes = access.IsDone ? bytes : null,
        };
    }
}

/// <summary>The GPU writes bytes.</summary>
internal sealed record GpuWriteEvent(AccessPlace Place, byte[] Content) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new GpuWriteEvent(AccessPlace.Take(fields), BytePattern.Take(fields));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = Place.Require(player);
        GpuAccess access = vm.Access(Place.Address, GpuAccessKind.Write, Content, Place.Gt);
        return Place.Result(vm, access, CallText.Bytes((ulong)Content.Length), $": {BytePattern.Text(Content)}");
    }
}

/// <summary>The GPU does something with a word in one step; the value is what was there.</summary>
internal sealed record GpuAtomicEvent(AccessPlace Place, GpuAtomic Atomic) : ITraceCall
{
    private static readonly (string Name, GpuAtomicOperation Value)[] Operations =
        [.. Enum.GetValues<GpuAtomicOperation>().Select(operation => (SnakeCase.Of(operation.ToString()), operation))];

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        AccessPlace place = AccessPlace.Take(fields);
        return new GpuAtomicEvent(place, Take(fields, place.Address));
    }

    /// <summary>Takes what an atomic access does.</summary>
    public static GpuAtomic Take(JsonFields fields, ulong address)
    {
        string name = fields.Take("op").ToText("op");
        int found = Array.FindIndex(Operations, known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (found < 0)
            throw new MalformedRecordException(
                $"'op': unknown \"{name}\"{NearestName.HintAndNames(name, Operations.Select(known => known.Name))}");
        int size = fields.TryTake("size", out var given) ? given.ToInt32("size") : sizeof(ulong);
        if (size is not (sizeof(uint) or sizeof(ulong)) || address % (ulong)size != 0)
            throw new MalformedRecordException($"'size': a word has 4 or 8 bytes, and 'addr' is a multiple of that");
        ulong operand = fields.Take("operand").ToField("operand", size);
        ulong comparand = fields.TryTake("comparand", out given) ? given.ToField("comparand", size) : 0;
        return size == sizeof(uint)
            ? GpuAtomic.On32(Operations[found].Value, (uint)operand, (uint)comparand)
            : GpuAtomic.On64(Operations[found].Value, operand, comparand);
    }

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = Place.Require(player);
        GpuAccess access = vm.Atomic(Place.Address, Atomic, out ulong old, Place.Gt);
        return Place.Result(vm, access, TextOf(Atomic), access.IsDone ? $": was 0x{old:x}" : "") with { Values = [old] };
    }

    /// <summary><c>add 0x1 to 8 B</c>.</summary>
    public static string TextOf(GpuAtomic atomic)
    {
        string with = atomic.Operation == GpuAtomicOperation.CompareExchange ? $"0x{atomic.Comparand:x} " : "";
        return $"{SnakeCase.Of(atomic.Operation.ToString())} {with}0x{atomic.Operand:x}, {atomic.Size} B";
    }
}
