using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// The untyped entry for requests of the DRM core (docs/drm-core.md section 1).
public sealed partial class XeFile
{
    private Errno CoreIoctl(uint request, Span<byte> argument) => DrmIoctl.NumberOf(request) switch
    {
        DrmIoctl.Numbers.SyncobjCreate => Call(argument, (XeFile file, ref DrmSyncobjCreate args) => file.SyncobjCreate(ref args)),
        DrmIoctl.Numbers.SyncobjDestroy => Call(argument, (XeFile file, ref DrmSyncobjDestroy args) => file.SyncobjDestroy(args)),
        DrmIoctl.Numbers.SyncobjWait => Call(argument, (XeFile file, ref DrmSyncobjWait args) =>
            file.SyncobjWait(ref args, file.ReadHandles(args.Handles, args.CountHandles))),
        DrmIoctl.Numbers.SyncobjTimelineWait => Call(argument, (XeFile file, ref DrmSyncobjTimelineWait args) =>
            file.SyncobjTimelineWait(ref args, file.ReadHandles(args.Handles, args.CountHandles), file.ReadPoints(args.Points, args.CountHandles))),
        DrmIoctl.Numbers.SyncobjReset => Call(argument, (XeFile file, ref DrmSyncobjArray args) =>
            file.SyncobjReset(args, file.ReadHandles(args.Handles, args.CountHandles))),
        DrmIoctl.Numbers.SyncobjSignal => Call(argument, (XeFile file, ref DrmSyncobjArray args) =>
            file.SyncobjSignal(args, file.ReadHandles(args.Handles, args.CountHandles))),
        DrmIoctl.Numbers.SyncobjTimelineSignal => Call(argument, (XeFile file, ref DrmSyncobjTimelineArray args) =>
            file.SyncobjTimelineSignal(args, file.ReadHandles(args.Handles, args.CountHandles), file.ReadPoints(args.Points, args.CountHandles))),
        DrmIoctl.Numbers.SyncobjQuery => Call(argument, (XeFile file, ref DrmSyncobjTimelineArray args) => file.QueryToUser(args)),
        DrmIoctl.Numbers.SyncobjTransfer => Call(argument, (XeFile file, ref DrmSyncobjTransfer args) => file.SyncobjTransfer(args)),
        _ => Refuse(Refusals.RequestIsUnknown(request)),
    };

    private ReadOnlySpan<uint> ReadHandles(ulong address, uint count) => ReadArray<uint>(address, Math.Min(count, MostSyncobjs));

    private ReadOnlySpan<ulong> ReadPoints(ulong address, uint count) =>
        address == 0 ? default : ReadArray<ulong>(address, Math.Min(count, MostSyncobjs));

    /// <summary>QUERY into user memory: what could be written before the first unwritable place stays written.</summary>
    private Errno QueryToUser(in DrmSyncobjTimelineArray args)
    {
        var points = new ulong[Math.Min(args.CountHandles, MostSyncobjs)];
        Errno error = SyncobjQuery(args, ReadHandles(args.Handles, args.CountHandles), points);
        for (int i = 0; error == Errno.Ok && i < points.Length; i++)
        {
            ulong address = args.Points + (sizeof(ulong) * (ulong)i);
            if (!UserMemory.TryWrite(address, MemoryMarshal.AsBytes(points.AsSpan(i, 1))))
                error = Refuse(Refusals.SyncobjPointIsUnwritable(address));
        }

        return error;
    }
}
