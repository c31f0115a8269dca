using System.Runtime.InteropServices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Walkers: many translations under one pin, and table memory for page walkers of the program's own.</summary>
internal static unsafe class WalkerExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    // Translations that are made before they are converted.
    private const int Part = 64;

    /// <summary>Opens a walker over the tables of a tile: what a simulated GPU core holds. From now on tables that binds unlink are not
    /// used again until it is refreshed or closed.</summary>
    /// <param name="walker">Receives the walker. One thread at a time may use it.</param>
    /// <returns>0; -EBADF; -ENOENT; -EINVAL for a tile that the device does not have; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_walker_open")]
    public static int Open(ClientHandle client, uint vmId, int tile, WalkerHandle* walker)
    {
        try
        {
            Need.Pointer(walker, "walker");
            XeVm vm = Handles.Get<NativeClient>(client.Value).Vm(vmId);
            *walker = new WalkerHandle(new NativeWalker(vm, tile).Handle);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Closes a walker, which may outlive its client and device.</summary>
    /// <returns>0; -EBADF; -EBUSY when another thread uses it.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_walker_close")]
    public static int Close(WalkerHandle walker)
    {
        try
        {
            Get(walker).Close();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Lets go of the tables seen so far, so that they can be used again: call it now and then, between walks. No pointer of
    /// xept_walker_table may be followed afterwards.</summary>
    /// <returns>0; -EBADF; -EBUSY when another thread uses it.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_walker_refresh")]
    public static int Refresh(WalkerHandle walker)
    {
        try
        {
            using NativeWalker.Use use = Get(walker).Enter();
            use.Walker.Refresh();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Translates many addresses at once, in any order: quicker than one by one, because the loads of independent walks
    /// overlap.</summary>
    /// <param name="vas">The addresses.</param>
    /// <param name="translations">Receives the translations, at the same places.</param>
    /// <param name="count">How many.</param>
    /// <returns>0, whatever the outcomes of the walks; -EBADF; -EBUSY when another thread uses it; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_walker_translate")]
    public static int Translate(WalkerHandle walker, [CConst] ulong* vas, TranslationInfo* translations, uint count)
    {
        try
        {
            if (count != 0)
            {
                Need.Pointer(vas, "vas");
                Need.Pointer(translations, "translations");
            }

            using NativeWalker.Use use = Get(walker).Enter();
            Span<Translation> found = stackalloc Translation[Part];
            for (uint at = 0; at < count; at += Part)
            {
                int part = (int)Math.Min(Part, count - at);
                use.Walker.Translate(new ReadOnlySpan<ulong>(vas + at, part), found);
                for (int i = 0; i < part; i++)
                    translations[at + (uint)i] = AbiMap.Of(found[i]);
            }

            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Device address of the root table, where a walk begins. Read it anew after xept_walker_refresh; once the VM is gone it is
    /// that of a table without entries.</summary>
    /// <param name="address">Receives the address.</param>
    /// <returns>0; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_walker_root")]
    public static int Root(WalkerHandle walker, ulong* address)
    {
        try
        {
            Need.Pointer(address, "address");
            NativeWalker found = Get(walker);
            *address = found.Vm.RootAddress(found.Tile);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The entries themselves from a device address on. Read each with one aligned load of 8 bytes, with acquire order, while
    /// binds go on. Where they are does not change while the device is there, so a program may keep what it was told; what is in them ends
    /// to mean anything with the next xept_walker_refresh.</summary>
    /// <param name="address">Device address of an entry: a table of 512 begins where the lower 12 bits are 0.</param>
    /// <param name="entries">Receives the address of the entry in this process.</param>
    /// <param name="count">Receives how many entries lie together from there on: to the end of 2 MiB of tables.</param>
    /// <returns>0; -EBADF; -EINVAL for an address that is not that of an entry; -EFAULT where no tables are.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_walker_table")]
    public static int Table(WalkerHandle walker, ulong address, [CConst] ulong** entries, uint* count)
    {
        try
        {
            Need.Pointer(entries, "entries");
            Need.Pointer(count, "count");
            NativeWalker found = Get(walker);
            if (address % sizeof(ulong) != 0)
                return Failure.Of(Errno.EINVAL, $"0x{address:x} is not the address of an entry");
            if (!found.Vm.Context.Tables[found.Tile].Pool.Book.TryFind(address, out TableSlab slab))
                return Failure.Of(Errno.EFAULT, $"no tables are at 0x{address:x}");
            ulong inside = address - slab.Start;
            *entries = (ulong*)(slab.Memory + (nint)inside);
            *count = (uint)(((TableSlab.Pages * PageSizes.Size4K) - inside) / sizeof(ulong));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static NativeWalker Get(WalkerHandle walker) => Handles.Get<NativeWalker>(walker.Value);
}
