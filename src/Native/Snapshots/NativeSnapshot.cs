using System.Runtime.InteropServices;
using XePt.Pipeline;

namespace XePt.Native;

/// <summary>A VM as it was at a moment, behind its handle: its VMAs, the bytes of its page tables, and its hash.</summary>
/// <remarks>Concurrency: it is taken inside the VM, so it has each call on it as a whole or not at all; calls of other threads wait until
/// it is taken. Only what writes entries without entering the VM, a job that a fence has let go or a zap, may come in between. Afterwards
/// nothing changes it: any number of threads read it, and who frees it takes it away from nobody who still does.</remarks>
internal sealed class NativeSnapshot : NativeObject
{
    private NativeSnapshot(XeVm vm)
    {
        VmNumber = (uint)vm.TlbVm.Number;
        Format = vm.File.Device.Platform.FormatId;
        IsIdle = vm.IsIdle;
        Vmas = vm.GetVmas();
        Hash = vm.StateHash();
        var tables = new List<KeptTable>();
        for (int tile = 0; tile < vm.File.Device.Platform.TileCount; tile++)
        {
            var keeper = new TableKeeper(vm, tile, tables);
            vm.VisitTables(ref keeper, tile);
        }

        Tables = tables;
    }

    /// <summary>Number of the VM on its device.</summary>
    public uint VmNumber { get; }

    /// <summary>Format of the entries.</summary>
    public Uapi.Formats.PteFormatId Format { get; }

    /// <summary>Nothing of the VM was in flight.</summary>
    public bool IsIdle { get; }

    /// <summary>The hash of its whole state.</summary>
    public ulong Hash { get; }

    /// <summary>VMAs by address.</summary>
    public IReadOnlyList<VmaInfo> Vmas { get; }

    /// <summary>Tables by tile, parents before children, by address.</summary>
    public IReadOnlyList<KeptTable> Tables { get; }

    /// <summary>Takes one, with a handle.</summary>
    public static NativeSnapshot Take(XeVm vm)
    {
        NativeSnapshot taken;
        // All of it is of one moment: the looks inside find this thread in the VM.
        using (VmContext.LookScope look = vm.Context.Look())
            taken = new NativeSnapshot(vm);
        Handles.Add(taken);
        return taken;
    }

    private readonly struct TableKeeper(XeVm vm, int tile, List<KeptTable> into) : ITableVisitor
    {
        public void Visit(in TableView table)
        {
            var entries = new ulong[table.Entries.Length];
            var children = new bool[table.Entries.Length];
            for (int i = 0; i < entries.Length; i++)
            {
                // As a walker reads them: a job may write entries meanwhile, each as a whole.
                entries[i] = Volatile.Read(ref MemoryMarshal.GetReference(table.Entries[i..]));
                children[i] = table.HasChild(i);
            }

            into.Add(new KeptTable(
                tile, table.Level, table.Va, table.IsCompact, table.Live, table.DeviceAddress, vm.EmptyEntry(table.Level, tile), entries,
                children));
        }
    }
}
