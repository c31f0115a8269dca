using XePt.Fences;

namespace XePt;

/// <summary>The waits of a device, kept for the next ones.</summary>
internal sealed class WaitPools
{
    public SharedPool<WaitLeg> Legs;

    public SharedPool<PointWait> Syncobjs;

    public SharedPool<UserFenceWait> UserFences;

    public SharedPool<WorkWait> Pumps;

    public SharedPool<ChangeWait> Changes;
}
