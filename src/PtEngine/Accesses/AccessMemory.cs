using XePt.Host;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Userptr;

namespace XePt.Accesses;

/// <summary>Finds the bytes that the entries of a VM lead to: BOs and migrated pages in the memory of tiles, BOs in the device's own system
/// memory, memory of peers, pages of processes, and what only the embedder's store knows.</summary>
internal sealed class AccessMemory(MirrorDevice device)
{
    /// <summary>Moves bytes of one page.</summary>
    /// <returns>False when nobody keeps the contents of this memory.</returns>
    public bool TryMove(VmContext vm, in Translation where, ref AccessPart part) =>
        where.IsDeviceMemory ? TryMoveLocal(where.Address, ref part) : TryMoveSystem(vm, where.Address, ref part);

    private bool TryMoveLocal(ulong address, ref AccessPart part)
    {
        foreach (Pagemap map in device.Pagemaps)
        {
            if (address - map.Base < map.Size)
                return part.TryMove(map.Bytes, address);
        }

        return false;
    }

    private bool TryMoveSystem(VmContext vm, ulong address, ref AccessPart part)
    {
        if (address - device.SystemStart < device.SystemSize)
            return part.TryMove(device.BytesOf(0), address);
        if (Pagemap.TryReadPeerAddress(address, out int number, out ulong offset))
            return device.Interconnect.Find(number) is { } peer && part.TryMove(peer.Bytes, peer.Base + offset);

        // The process of the VM and that of its userptrs are of one machine, but need not be the same (EX-24).
        return part.TryMove((vm.Mirrors as MirrorSpace)?.Host.Frames, address)
            || part.TryMove((vm.Vmas.Process as HostUserptrs)?.Frames, address)
            || part.TryMove(device.StoredSystem, address);
    }
}
