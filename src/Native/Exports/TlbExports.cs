using System.Runtime.InteropServices;

namespace XePt.Native;

/// <summary>TLBs of the program's: who hears of invalidations and acknowledges them.</summary>
internal static unsafe class TlbExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Registers a TLB at a GT: from now on it gets every invalidation, in the order of their numbers, one at a time, on whichever
    /// thread caused it. It must not hold any translation yet. Memory that old translations lead to is used again only when every TLB has
    /// acknowledged.</summary>
    /// <param name="gt">The GT.</param>
    /// <param name="invalidate">Drops translations. It acknowledges inside the call or later, from any thread, once no access with an older
    /// translation goes on. It must be short, and change no VM.</param>
    /// <param name="user">Handed to it.</param>
    /// <param name="tlb">Receives the TLB. Invalidations may come before it does; they name it, too.</param>
    /// <returns>0; -EBADF; -EINVAL for a GT that the device does not have; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_tlb_register")]
    public static int Register(
        DeviceHandle device, int gt, [CParameters("user", "invalidation")] delegate* unmanaged<void*, InvalidationInfo*, void> invalidate,
        void* user, TlbHandle* tlb)
    {
        try
        {
            Need.Pointer(invalidate, "invalidate");
            Need.Pointer(tlb, "tlb");
            XeDevice found = Handles.Get<NativeDevice>(device.Value).Device;
            *tlb = new TlbHandle(new NativeTlb(found.Tlb, gt, invalidate, user).Handle);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Acknowledges every invalidation up to one. Any thread; going back does nothing.</summary>
    /// <param name="seqno">The newest one, which was handed to the TLB.</param>
    /// <returns>0; -EBADF; -EINVAL for one that was not handed to it.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_tlb_acknowledge")]
    public static int Acknowledge(TlbHandle tlb, ulong seqno)
    {
        try
        {
            Get(tlb).Registration.Acknowledge(seqno);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Takes a TLB away from its GT, which counts as having acknowledged everything. An invalidation that is being handed over may
    /// still reach it.</summary>
    /// <returns>0; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_tlb_unregister")]
    public static int Unregister(TlbHandle tlb)
    {
        try
        {
            Handles.Take<NativeTlb>(tlb.Value).Registration.Dispose();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static NativeTlb Get(TlbHandle tlb) => Handles.Get<NativeTlb>(tlb.Value);
}
