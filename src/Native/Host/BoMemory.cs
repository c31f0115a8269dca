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
        if (client.Device.Store is BoFileStore)
            return MapPart(client, bo, 0, bo.Size, null);
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

    /// <summary>Maps part of an object whose contents are a file of their own.</summary>
    /// <exception cref="XeptException">It cannot be mapped.</exception>
    public static void* MapPart(NativeClient client, XeBo bo, ulong offset, ulong bytes, void* at)
    {
        if (bytes == 0 || (offset | bytes | (ulong)at) % 4096 != 0 || offset > bo.Size || bytes > bo.Size - offset)
            throw new XeptException(Errno.EINVAL, $"0x{bytes:x} bytes from 0x{offset:x} are not in an object of 0x{bo.Size:x}");
        if (client.Device.Store is not BoFileStore)
            throw new XeptException(Errno.EINVAL, "objects of this device have no files of their own");
        GiveMemory(client, bo);
        nint start = bo.Contents is BoFile file ? file.Map(offset, bytes, (nint)at) : -1;
        return start != -1 ? (void*)start : throw new XeptException(Errno.ENOMEM, $"0x{bytes:x} bytes cannot be mapped");
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
        GiveMemory(client, bo);
        XeFile file = client.File;
        if (file.PinBo(bo.Handle, isPinned: true) is var error && error != Errno.Ok)
            throw new XeptException(error, file.LastRejection.ToString());
    }

    private static void GiveMemory(NativeClient client, XeBo bo)
    {
        XeFile file = client.File;
        if (bo.Region is null && file.MoveBo(bo.Handle, FirstOf(bo.Placements)) is var errno && errno != Errno.Ok)
            throw new XeptException(errno, file.LastRejection.ToString());
    }

    // Device memory before system memory, as the driver places.
    private static int FirstOf(uint placements) =>
        System.Numerics.BitOperations.TrailingZeroCount((placements & ~1u) != 0 ? placements & ~1u : placements);
}
