using XePt.Devices;
using XePt.Uapi;

namespace XePt.Bench.Scale;

/// <summary>Up to four thousand VMs of one client: making and ending one more, binding in each in turn, memory of one.</summary>
internal static class VmScale
{
    private const ulong Va = 1UL << 40;
    private const int Batch = 256;
    // Of fewer the runtime's own memory would be most of what is seen.
    private const int FewestForMemory = 256;

    private static readonly int[] s_counts = [16, 64, 256, 1024, 4096];

    public static IEnumerable<Plot> Measure()
    {
        Time(s_counts[^1]);
        var rows = s_counts.Select(count => (Count: (double)count, Values: Time(count))).ToArray();
        yield return new Plot("vms", "VMs of one client", "VMs", "ns", [
            Of("bind + unbind 4 KiB, VMs in turn", 0, 0), Of("make and end one more", 1, 0)]);
        yield return new Plot("vm-memory", "Memory of a VM with one page bound", "VMs", "bytes", [
            Of("bytes, tables included", 2, FewestForMemory)]);

        Curve Of(string name, int value, int fewest) =>
            new(name, [.. rows.Where(row => row.Count >= fewest).Select(row => (row.Count, row.Values[value]))]);
    }

    private static double[] Time(int count)
    {
        long before = HostMemory.ResidentBytes();
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        var gem = new DrmXeGemCreate { Size = 4096, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(file.GemCreate(ref gem, 0, [new PhysicalRun(1UL << 33, 4096)]));
        uint[] vms = [.. Enumerable.Range(0, count).Select(_ => Make(file))];
        foreach (uint vm in vms)
            Bind(file, vm, gem.Handle, Va + 4096);
        double bytes = (HostMemory.ResidentBytes() - before) / (double)count;
        int next = 0;
        double bind = Rounds.Quartile(Batch, () =>
        {
            for (int i = 0; i < Batch; i++, next = (next + 1) % count)
            {
                Bind(file, vms[next], gem.Handle, Va);
                Check(file.VmBind(vms[next], new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = 4096 }));
            }
        });
        double make = Rounds.Quartile(Batch, () =>
        {
            for (int i = 0; i < Batch; i++)
                Check(file.VmDestroy(new DrmXeVmDestroy { VmId = Make(file) }));
        });
        return [bind, make, bytes];
    }

    private static uint Make(XeFile file)
    {
        var create = new DrmXeVmCreate();
        Check(file.VmCreate(ref create));
        return create.VmId;
    }

    private static void Bind(XeFile file, uint vm, uint bo, ulong va) =>
        Check(file.VmBind(vm, new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo, Addr = va, Range = 4096, PatIndex = 2 }));

    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            throw new InvalidOperationException($"{error}");
    }
}
