using XePt.Uapi;

namespace XePt.Native;

/// <summary>The bytes of buffer objects, for the CPU.</summary>
internal static unsafe class BoMemory
{
    /// <summary>The memory behind an object, by addresses as entries name them.</summary>
    public static IReadOnlyList<Segment> SegmentsOf(NativeClient client, XeBo bo)
    {
        var segments = new List<Segment>();
        ulong offset = 0, bias = bo.Region is { } region && region > 0 ? client.Device.Store.Regions[region].Address : 0;
        foreach (PhysicalRun run in bo.Segments)
        {
            segments.Add(new Segment { Offset = offset, Address = run.Address + bias, Bytes = run.Size });
            offset += run.Size;
        }

        return segments;
    }

    /// <summary>Maps an object into this process.</summary>
    /// <exception cref="XeptException">It cannot be mapped.</exception>
    public static void* Map(NativeClient client, XeBo bo)
    {
        Hold(client, bo);
        IReadOnlyList<Segment> segments = SegmentsOf(client, bo);
        nint start = LibC.Map(
            0, (nuint)bo.Size, LibC.ProtNone, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
        if (start == -1)
            throw new XeptException(Errno.ENOMEM, $"no 0x{bo.Size:x} bytes of addresses");
        foreach (Segment segment in segments)
        {
            if (TryMap(client.Device.Store.Regions[bo.Region ?? 0], start, segment))
                continue;
            _ = LibC.Unmap(start, (nuint)bo.Size);
            throw new XeptException(Errno.ENOMEM, $"0x{segment.Bytes:x} bytes of memory at 0x{segment.Address:x} cannot be mapped");
        }

        return (void*)start;
    }

    private static bool TryMap(RegionFile region, nint start, in Segment segment)
    {
        // Memory that the program has put behind it need not be ours.
        if (!region.Holds(segment.Address, segment.Bytes))
            return false;
        region.MarkWritten(segment.Address, segment.Bytes);
        return region.TryMap(start + (nint)segment.Offset, segment.Address, segment.Bytes, isWritable: true);
    }

    private static void Hold(NativeClient client, XeBo bo)
    {
        XeFile file = client.File;
        if (bo.Region is null && file.MoveBo(bo.Handle, FirstOf(bo.Placements)) is var errno && errno != Errno.Ok)
            throw new XeptException(errno, file.LastRejection.ToString());
        if (file.PinBo(bo.Handle, isPinned: true) is var error && error != Errno.Ok)
            throw new XeptException(error, file.LastRejection.ToString());
    }

    // Device memory before system memory, as the driver places.
    private static int FirstOf(uint placements) =>
        System.Numerics.BitOperations.TrailingZeroCount((placements & ~1u) != 0 ? placements & ~1u : placements);
}
