using XePt.Madvise;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>What the file and the region of a MADVISE name (MADV-018).</summary>
internal static class AdviceTargets
{
    /// <summary>Nothing unless they are to be looked at.</summary>
    public static AdviceTarget Of(XeFile client, in DrmXeMadvise args)
    {
        int descriptor = (int)args.PreferredMemLoc.DevmemFd;
        if (args.Type != MemRangeAttr.PreferredLoc || descriptor <= 0)
            return default;
        if (client.Descriptors.Find(descriptor) is not DeviceFile { Client: { } file } || file.IsClosed && !file.Device.IsDisposed)
            return new AdviceTarget(Refusals.MadviseUnknownFile(args.PreferredMemLoc.DevmemFd), 0);
        if (file.Device.IsDisposed)
            return new AdviceTarget(Refusals.MadviseFileOfGoneDevice(args.PreferredMemLoc.DevmemFd), 0);
        int tile = args.PreferredMemLoc.RegionInstance - 1;
        MirrorDevice memory = file.Device.Mirrors;
        if ((uint)tile >= (uint)memory.Pagemaps.Length)
            return new AdviceTarget(Refusals.MadviseUnknownRegion(args.PreferredMemLoc.RegionInstance), 0);
        return ReferenceEquals(memory.Interconnect, client.Device.Mirrors.Interconnect)
            ? new AdviceTarget(default, memory.Pagemaps[tile].Number)
            : new AdviceTarget(Refusals.MadviseNoFastLink(args.PreferredMemLoc.DevmemFd), 0);
    }
}
