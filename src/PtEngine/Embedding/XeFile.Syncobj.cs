using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Syncobjs of the client (docs/drm-core.md).
public sealed partial class XeFile
{
    private readonly HandleTable<SyncObject> _syncObjects = new();
    private SpinGate _syncObjectsGate;

    /// <summary>Makes a syncobj.</summary>
    /// <param name="signalled">It holds a signalled fence from the start.</param>
    /// <returns>Its handle, at least 1.</returns>
    public uint SyncobjCreate(bool signalled = false)
    {
        var sync = new SyncObject(Device.Points);
        if (signalled)
            sync.Replace(Fence.Signalled);
        _syncObjectsGate.Enter();
        uint handle = _syncObjects.Add(sync);
        _syncObjectsGate.Exit();
        return handle;
    }

    /// <summary>Destroys a syncobj; -ENOENT for an unknown handle.</summary>
    public Errno SyncobjDestroy(uint handle)
    {
        _syncObjectsGate.Enter();
        SyncObject? removed = _syncObjects.Remove(handle);
        _syncObjectsGate.Exit();
        return removed is not null ? Accept() : Refuse(Refusals.SyncUnknownHandle(handle));
    }

    /// <summary>Whether a syncobj holds a fence, signalled or not. False for an unknown handle.</summary>
    public bool SyncobjHasFence(uint handle) => FindSyncobj(handle) is { HasFence: true };

    internal SyncObject? FindSyncobj(uint handle)
    {
        _syncObjectsGate.Enter();
        SyncObject? found = _syncObjects.Find(handle);
        _syncObjectsGate.Exit();
        return found;
    }
}
