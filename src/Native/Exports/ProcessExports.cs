using System.Runtime.InteropServices;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Changes of this process's memory, for clients with XEPT_CLIENT_FLAG_PROCESS_MEMORY.</summary>
internal static unsafe class ProcessExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Says how devices reach the memory of this process from now on. Without it the system copies, and words may
    /// tear.</summary>
    /// <param name="options">The functions, all or none; NULL for none.</param>
    /// <returns>0; -EINVAL; -E2BIG.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_process_access")]
    public static int Access([CConst] ProcessAccess* options)
    {
        try
        {
            ProcessAccess access = Sized.In(options);
            bool hasRead = access.Read != null, hasAll = hasRead && access.Write != null && access.CompareExchange != null;
            if (hasRead != (access.Write != null) || hasRead != (access.CompareExchange != null) || access.Reserved != 0)
                return Failure.Of(Errno.EINVAL, "of read, write and compare_exchange there are all or none");
            LiveBytes.Use(hasAll ? access : default);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Memory of this process is about to change. When this returns no device reaches what the change takes away: jobs that it had
    /// to wait for are over, entries are gone, TLBs are flushed. Then the change is to be made, and xept_process_changed called on the same
    /// thread. Not from a callback of the library.</summary>
    /// <param name="kind">What happens to it.</param>
    /// <param name="start">First byte, that of a page.</param>
    /// <param name="bytes">Whole pages, at least one.</param>
    /// <param name="change">Receives a number for xept_process_changed.</param>
    /// <returns>0; -EFAULT; -EINVAL for an interval or a kind that means nothing, and then there is nothing to end.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_process_changing")]
    public static int Changing([CEnum(typeof(ProcessChange))] uint kind, ulong start, ulong bytes, ulong* change)
    {
        try
        {
            Need.Pointer(change, "change");
            if (((start | bytes) & 4095) != 0 || bytes == 0 || start + bytes < start)
                return Failure.Of(Errno.EINVAL, $"0x{bytes:x} bytes from 0x{start:x} are no pages");
            if (kind > (uint)ProcessChange.Fork)
                return Failure.Of(Errno.EINVAL, $"{kind} is no kind of change");
            *change = OpenChanges.Begin((CpuChangeKind)kind, new AddressRange(start, start + bytes));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The change is made, or was refused by the system.</summary>
    /// <param name="change">What xept_process_changing has given.</param>
    /// <returns>0; -EINVAL when there is no such change.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_process_changed")]
    public static int Changed(ulong change)
    {
        try
        {
            return OpenChanges.TryEnd(change) ? 0 : Failure.Of(Errno.EINVAL, $"no change {change} is being made");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }
}
