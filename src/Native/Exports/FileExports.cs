using System.Runtime.InteropServices;
using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>What the driver tells in files of its own: text, line by line.</summary>
internal static unsafe class FileExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>The counters of a GT, as its file stats in debugfs has them: a line "name: value" for each.</summary>
    /// <param name="text">Receives as much as there is room for.</param>
    /// <param name="bytes">In: room. Out: how long the text is; no zero ends it.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -EINVAL for a GT that the device does not have; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_gt_statistics")]
    public static int GtStatistics(DeviceHandle device, int gt, byte* text, uint* bytes)
    {
        try
        {
            GtStatistics statistics = StatisticsOf(device, gt);
            IEnumerable<string> lines = Diagnostics.GtStatistics.Names.Select((name, i) => $"{name}: {statistics[(GtCounter)i]}\n");
            return Need.Fill(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines)), text, bytes, static letter => letter);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Sets the counters of a GT to zero, as writing to that file does.</summary>
    /// <returns>0; -EBADF; -EINVAL for a GT that the device does not have.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_gt_statistics_clear")]
    public static int ClearGtStatistics(DeviceHandle device, int gt)
    {
        try
        {
            StatisticsOf(device, gt).Clear();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>What a client uses of the device, as the fdinfo of an open file has it: memory by region, and time on engines by their
    /// class where the library runs batches.</summary>
    /// <param name="text">Receives as much as there is room for.</param>
    /// <param name="bytes">In: room. Out: how long the text is; no zero ends it.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_client_usage")]
    public static int ClientUsage(ClientHandle client, byte* text, uint* bytes)
    {
        try
        {
            string usage = UsageText.Of(Handles.Get<NativeClient>(client.Value));
            return Need.Fill(System.Text.Encoding.UTF8.GetBytes(usage), text, bytes, static letter => letter);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static GtStatistics StatisticsOf(DeviceHandle device, int gt)
    {
        XeDevice found = Handles.Get<NativeDevice>(device.Value).Device;
        return found.Platform.EnginesOf(gt) is not null
            ? found.GetGtStatistics(gt) : throw new XeptException(Errno.EINVAL, $"the device has no GT {gt}");
    }
}
