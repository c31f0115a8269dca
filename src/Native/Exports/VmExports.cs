using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>VMs: their tables, translations, and what is bound in them.</summary>
internal static unsafe class VmExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>What a VM is, and where its tables begin.</summary>
    /// <returns>0; -EBADF; -ENOENT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_vm_describe")]
    public static int Info(ClientHandle client, uint vmId, VmInfo* info)
    {
        try
        {
            XeVm vm = Get(client, vmId);
            var what = new VmInfo
            {
                Number = (uint)vm.TlbVm.Number,
                Asid = vm.TlbVm.Asid,
                Mode = (uint)vm.Mode,
                HasScratch = vm.HasScratch ? 1u : 0,
                IsIdle = vm.IsIdle ? 1u : 0,
                VmaCount = (uint)vm.VmaCount,
                RootLevel = (uint)vm.File.Device.Platform.RootLevel,
                Format = (uint)vm.File.Device.Platform.FormatId,
                Bytes = vm.Size,
            };
            for (int tile = 0; tile < vm.File.Device.Platform.TileCount; tile++)
                (what.Root[tile], what.RootDescriptor[tile]) = (vm.RootAddress(tile), vm.RootDescriptor(tile));
            Sized.Out(info, what);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Translates an address by walking the tables of a tile, while binds go on, without locks.</summary>
    /// <returns>0, whatever the outcome of the walk; -EBADF; -ENOENT; -EINVAL for a tile that the device does not have; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_translate")]
    public static int Translate(ClientHandle client, uint vmId, int tile, ulong va, TranslationInfo* translation)
    {
        try
        {
            Need.Pointer(translation, "translation");
            *translation = AbiMap.Of(Get(client, vmId).Translate(va, tile));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The entries that a walk for one address reads, from the root down; the last one decides.</summary>
    /// <param name="steps">Receives the entries; there are at most 5.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EINVAL; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_walk")]
    public static int Walk(ClientHandle client, uint vmId, int tile, ulong va, WalkStepInfo* steps, uint* count)
    {
        try
        {
            return Need.Fill(Get(client, vmId).TraceWalk(va, tile), steps, count, AbiMap.Of);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The VMAs by address, as of one moment.</summary>
    /// <param name="vmas">Receives the VMAs.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_vmas")]
    public static int Vmas(ClientHandle client, uint vmId, VmaEntry* vmas, uint* count)
    {
        try
        {
            return Need.Fill(Get(client, vmId).GetVmas(), vmas, count, AbiMap.Of);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>All present leaves of a tile by address, joined into runs, as of one moment; scratch entries are left out.</summary>
    /// <param name="mappings">Receives the runs.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EINVAL; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_mappings")]
    public static int Mappings(ClientHandle client, uint vmId, int tile, MappingEntry* mappings, uint* count)
    {
        try
        {
            return Need.Fill(Get(client, vmId).GetMappings(tile), mappings, count, AbiMap.Of);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>A number for the whole state of a VM: a call that fails does not change it.</summary>
    /// <param name="hash">Receives the number.</param>
    /// <returns>0; -EBADF; -ENOENT; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_vm_hash")]
    public static int Hash(ClientHandle client, uint vmId, ulong* hash)
    {
        try
        {
            Need.Pointer(hash, "hash");
            *hash = Get(client, vmId).StateHash();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    internal static XeVm Get(ClientHandle client, uint vmId) => Handles.Get<NativeClient>(client.Value).Vm(vmId);
}
