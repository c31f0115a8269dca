using System.Runtime.InteropServices;

namespace XePt.Native;

/// <summary>What a device has done: its recorder, and the counters of its VMs.</summary>
internal static unsafe class RecorderExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Records the newest events of a device from now on; what was recorded before is forgotten.</summary>
    /// <param name="options">What to keep; NULL for the defaults.</param>
    /// <returns>0; -EBADF; -EINVAL for too many records and for flags and groups that there are not; -E2BIG as of other structs; -EIO when
    /// the file for failures cannot be written. Then the recorder is as before.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_recorder_start")]
    public static int Start(DeviceHandle device, [CConst] RecorderOptions* options)
    {
        try
        {
            Get(device).Recording.Start(Sized.In(options));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Records nothing more. What was recorded can still be written.</summary>
    /// <returns>0; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_recorder_stop")]
    public static int Stop(DeviceHandle device)
    {
        try
        {
            Get(device).Recording.Stop();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Writes what is recorded to a file, which is made anew: a line for each event, oldest first. Calls may go on
    /// meanwhile.</summary>
    /// <param name="path">The file.</param>
    /// <returns>0; -EBADF; -EFAULT; -EIO when the file cannot be written.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_recorder_dump")]
    public static int Dump(DeviceHandle device, byte* path)
    {
        try
        {
            Get(device).Recording.Dump(Need.Text(path, "path"));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>What a VM has done so far.</summary>
    /// <returns>0; -EBADF; -ENOENT; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_vm_counters")]
    public static int Counters(ClientHandle client, uint vmId, VmCounterValues* counters)
    {
        try
        {
            VmCounters all = VmExports.Get(client, vmId).Counters;
            Sized.Out(counters, new VmCounterValues
            {
                Commits = (ulong)all.Commits,
                EntriesPublished = (ulong)all.EntriesPublished,
                TablesMade = (ulong)all.TablesMade,
                TablesRetired = (ulong)all.TablesRetired,
                TablesFreed = (ulong)all.TablesFreed,
                RequestInvalidations = (ulong)all.RequestInvalidations,
                ZapInvalidations = (ulong)all.ZapInvalidations,
                UserptrInvalidations = (ulong)all.UserptrInvalidations,
                UserptrRepins = (ulong)all.UserptrRepins,
                RangeInvalidations = (ulong)all.RangeInvalidations,
                BatchInvalidations = (ulong)all.BatchInvalidations,
                Warnings = (ulong)all.Warnings,
            });
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static NativeDevice Get(DeviceHandle device) => Handles.Get<NativeDevice>(device.Value);
}
