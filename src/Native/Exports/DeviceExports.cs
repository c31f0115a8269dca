using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Devices: their making and end, who does their work, and their clock.</summary>
internal static unsafe class DeviceExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Makes a device.</summary>
    /// <param name="platform">Short name of the platform, for example "lnl".</param>
    /// <param name="options">Choices; NULL for the defaults.</param>
    /// <param name="device">Receives the device.</param>
    /// <returns>0; -ENODEV for an unknown platform; -EINVAL for a choice that no device can have; -E2BIG for one that this version of the
    /// library does not know; -ENOMEM.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_device_create")]
    public static int Create(byte* platform, [CConst] DeviceOptions* options, DeviceHandle* device)
    {
        try
        {
            string name = Need.Text(platform, "platform");
            Need.Pointer(device, "device");
            if (!XePlatforms.TryGet(name, out PlatformInfo? found))
                return Failure.Of(Errno.ENODEV, $"there is no platform \"{name}\"");
            *device = new DeviceHandle(new NativeDevice(found, Sized.In(options)).Handle);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Ends a device: closes its clients and frees its memory. Other threads may be in calls, which fail from then on; pumps that
    /// wait return. Walkers and TLBs have to be closed on their own; table memory that a walker holds stays until then.</summary>
    /// <returns>0; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_device_destroy")]
    public static int Destroy(DeviceHandle device)
    {
        try
        {
            Handles.Take<NativeDevice>(device.Value).Dispose();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>What a device is.</summary>
    /// <returns>0; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_device_describe")]
    public static int Info(DeviceHandle device, DeviceInfo* info)
    {
        try
        {
            XeDevice found = Get(device).Device;
            PlatformInfo platform = found.Platform;
            Sized.Out(info, new DeviceInfo
            {
                DeviceId = platform.DeviceId,
                GraphicsVerx100 = (uint)platform.GraphicsVerx100,
                VaBits = (uint)platform.VaBits,
                RootLevel = (uint)platform.RootLevel,
                Format = (uint)platform.FormatId,
                TileCount = (uint)platform.TileCount,
                GtMask = platform.GtMask,
                GtsPerTile = (uint)platform.GtSlotsPerTile,
                RegionMask = platform.MemoryRegionMask,
                IsDiscrete = platform.IsDiscrete ? 1u : 0,
                HasFaultMode = platform.HasFaultMode ? 1u : 0,
                TablesInUse = (uint)found.TablesInUse,
                FaultQueueCapacity = (uint)found.FaultQueueCapacity,
            });
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>What a device has done so far.</summary>
    /// <returns>0; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_device_totals")]
    public static int Totals(DeviceHandle device, DeviceTotals* totals)
    {
        try
        {
            Sized.Out(totals, Get(device).Totals());
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Runs jobs that fences have made ready, also those that become ready meanwhile (queued drive). Any number of threads may
    /// pump. Before that it drives out what other processes ask for (vram_account).</summary>
    /// <param name="most">Jobs to run at most.</param>
    /// <returns>Jobs run; always 0 with the inline drive, where signalling runs them; -EBADF; -EINVAL.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_pump")]
    public static int Pump(DeviceHandle device, int most)
    {
        try
        {
            NativeDevice found = Get(device);
            found.MakeRoom();
            int jobs = found.Device.Pump(most);
            if (jobs > 0)
                found.Checks?.Look("a job");
            return jobs;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>As xept_pump, but blocks until there is something to run. With the system's clock it also lets happen what is
    /// due.</summary>
    /// <param name="most">Jobs to run at most, at least 1.</param>
    /// <returns>Jobs run; 0 when nothing is to be waited for, because the device ends, has the inline drive, or has a single thread;
    /// -EINTR after xept_pump_interrupt; -EBADF; -EINVAL.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_pump_wait")]
    public static int PumpWait(DeviceHandle device, int most)
    {
        try
        {
            NativeDevice found = Get(device);
            int jobs = found.Device.PumpOrWait(most, found.Pumping);
            if (jobs > 0)
                found.Checks?.Look("a job");
            return jobs;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Makes every xept_pump_wait of the device that waits now return -EINTR.</summary>
    /// <returns>0; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_pump_interrupt")]
    public static int PumpInterrupt(DeviceHandle device)
    {
        try
        {
            Get(device).InterruptPumps();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The device's clock.</summary>
    /// <param name="ns">Receives its time in nanoseconds.</param>
    /// <returns>0; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_clock_now")]
    public static int ClockNow(DeviceHandle device, long* ns)
    {
        try
        {
            Need.Pointer(ns, "ns");
            *ns = Get(device).Device.Clock.Now;
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Lets time pass on a virtual clock; what is due on the way happens. With the system's clock, what is due by now
    /// happens.</summary>
    /// <param name="ns">How much, at least 0.</param>
    /// <returns>0; -EBADF; -EINVAL.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_clock_advance")]
    public static int ClockAdvance(DeviceHandle device, long ns)
    {
        try
        {
            if (Get(device).Device.Clock is var clock && clock is VirtualClock still)
                still.Advance(ns);
            else
                clock.RunDue();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Drives every buffer object that is not pinned out of device memory, as for a suspend.</summary>
    /// <returns>0; -EBADF; -EBUSY; -ENOMEM.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_evict_all")]
    public static int EvictAll(DeviceHandle device)
    {
        try
        {
            return Failure.Of(Get(device).Device.EvictAll(), "not everything could leave device memory");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Runs the batches of jobs a step further, each in its turn (XEPT_DEVICE_FLAG_RUNS_BATCHES). Any number of threads may do
    /// so.</summary>
    /// <param name="instructions">Instructions to execute at most, about.</param>
    /// <param name="jobs">Receives the jobs that are not over; may be NULL.</param>
    /// <returns>1 when something was done, so that it is of use to call again at once; 0 when all jobs wait or there are none; -EBADF;
    /// -EINVAL for a device that runs no batches.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_batches_run")]
    public static int RunBatches(DeviceHandle device, long instructions, uint* jobs)
    {
        try
        {
            NativeDevice found = Get(device);
            if (found.Streamer is not { } streamer)
                return Failure.Of(Errno.EINVAL, "the device does not run batches");
            StreamerProgress progress = streamer.JobCount == 0 ? default : streamer.Run(instructions);
            if (jobs != null)
                *jobs = (uint)progress.Jobs;
            if (progress.HasProgressed)
                found.Checks?.Look("a batch");
            return progress.HasProgressed ? 1 : 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Closes a descriptor that an ioctl has given out (prime, sync objects, sync files). These are numbers of the device's own,
    /// not file descriptors of the process.</summary>
    /// <returns>0; -EBADF for an unknown device or descriptor.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_fd_close")]
    public static int FdClose(DeviceHandle device, int fd)
    {
        try
        {
            return Get(device).Device.Descriptors.Close(fd) ? 0 : Failure.Of(Errno.EBADF, $"descriptor {fd} is not open");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static NativeDevice Get(DeviceHandle device) => Handles.Get<NativeDevice>(device.Value);
}
