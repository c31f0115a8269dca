using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>What the calls of a client tell of the ranges of its CPU address mirrors, which batches make and a log does not have: a bind
/// over one is refused with -EBUSY.</summary>
internal sealed class MirrorRanges
{
    private const string Op = "drm_xe_vm_bind_op";

    private readonly Dictionary<ulong, Mirrors> _vms = [];

    /// <summary>Of a VM: its mirrors, and pages in them that are known to have ranges.</summary>
    private sealed class Mirrors
    {
        public List<AddressRange> Places { get; set; } = [];

        public List<AddressRange> Ranges { get; } = [];
    }

    /// <summary>An op of a bind is about to be written.</summary>
    /// <param name="vm">The VM's number in the log.</param>
    /// <param name="op">The op.</param>
    /// <param name="errno">What its call returned.</param>
    /// <returns>Ranges to be bound (true) or unbound before, so that a replay returns the same.</returns>
    public IReadOnlyList<(AddressRange Range, bool IsBound)> Settle(ulong vm, ReadOnlySpan<byte> op, int errno)
    {
        ulong start = UapiBytes.Number(Op, "addr", op), size = UapiBytes.Number(Op, "range", op);
        var kind = (VmBindOp)UapiBytes.Number(Op, "op", op);
        if (kind is not (VmBindOp.Map or VmBindOp.MapUserptr or VmBindOp.Unmap) || size == 0 || size > ulong.MaxValue - start)
            return [];
        if (!_vms.TryGetValue(vm, out Mirrors? mirrors))
            _vms.Add(vm, mirrors = new Mirrors());
        var range = new AddressRange(start, start + size);
        return errno switch
        {
            (int)Errno.EBUSY => Bind(mirrors, range),
            0 => Replace(mirrors, range, ((VmBindFlags)UapiBytes.Number(Op, "flags", op) & VmBindFlags.CpuAddrMirror) != 0),
            _ => [],
        };
    }

    private static (AddressRange, bool)[] Bind(Mirrors mirrors, AddressRange range)
    {
        AddressRange place = mirrors.Places.Find(place => place.Overlaps(range));
        if (place.Size == 0 || mirrors.Ranges.Exists(known => known.Overlaps(range)))
            return [];
        AddressRange page = AddressRange.OfSize(Math.Max(place.Start, range.Start), XeLimits.PageSize);
        mirrors.Ranges.Add(page);
        return [(page, true)];
    }

    private static (AddressRange, bool)[] Replace(Mirrors mirrors, AddressRange range, bool isMirror)
    {
        (AddressRange, bool)[] gone = [.. mirrors.Ranges.Where(range.Overlaps).Select(page => (page, false))];
        mirrors.Ranges.RemoveAll(range.Overlaps);
        mirrors.Places = [.. mirrors.Places.SelectMany(place => Without(place, range))];
        if (isMirror)
            mirrors.Places.Add(range);
        return gone;
    }

    private static IEnumerable<AddressRange> Without(AddressRange place, AddressRange gone)
    {
        if (!place.Overlaps(gone))
        {
            yield return place;
            yield break;
        }

        if (place.Start < gone.Start)
            yield return new AddressRange(place.Start, gone.Start);
        if (gone.End < place.End)
            yield return new AddressRange(gone.End, place.End);
    }
}
