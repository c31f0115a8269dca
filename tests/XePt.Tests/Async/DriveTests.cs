using System.Text.RegularExpressions;
using CsCheck;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>
/// The same binds with the same fences, driven inline, driven by a pump, and with nothing to wait for, end in the same VMAs and tables, in
/// whatever order the fences signal and the pump runs.
/// </summary>
public partial class DriveTests
{
    private const int Slots = 24;

    /// <summary>One call, and what happens after it.</summary>
    private sealed record Step(int Kind, int Slot, int Length, bool HasFence, int SignalAfter, bool PumpAfter);

    private static readonly Gen<Step> AnyStep =
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, Slots - 1], Gen.Int[1, 8], Gen.Bool, Gen.Int[-1, 7], Gen.Bool,
            (kind, slot, length, hasFence, signal, pump) => new Step(kind, slot, length, hasFence, signal, pump));

    public static TheoryData<string, uint> Settings => new()
    {
        { "bmg", 0u }, { "bmg", 3u }, { "bmg", 6u }, { "pvc", 1u }, { "pvc-2t", 0u }, { "lnl", 6u }, { "adlp", 0u }, { "mtl", 1u },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Every_way_to_drive_ends_in_the_same_state(string platform, uint vmFlags) =>
        AnyStep.Array[1, 40].Sample(
            steps =>
            {
                string[] expected = Run(platform, vmFlags, steps, DriveMode.Inline, waits: false);
                Assert.Equal(expected, Run(platform, vmFlags, steps, DriveMode.Inline, waits: true));
                Assert.Equal(expected, Run(platform, vmFlags, steps, DriveMode.Queued, waits: true));
            },
            iter: 60,
            threads: 1);

    private static string[] Run(string platform, uint vmFlags, Step[] steps, DriveMode drive, bool waits)
    {
        using var scene = new AsyncScene(vmFlags, TestGpu.Named(platform), drive);
        uint bo = scene.Bo(Slots * Leaf);
        var pending = new List<Fence>();
        foreach (Step step in steps)
        {
            DrmXeSync[] syncs = [];
            if (waits && step.HasFence)
            {
                (uint handle, Fence fence) = scene.Pending();
                pending.Add(fence);
                syncs = [In(handle)];
            }

            Errno errno = scene.Bind(syncs, OpOf(scene, step, bo));
            // Nothing to submit, so nothing that could wait: the call says so, and the list has changed all the same (BIND-212).
            Assert.True(errno == Errno.Ok || (errno == Errno.EOPNOTSUPP && syncs.Length > 0), $"{errno} {scene.File.LastRejection}");
            if (step.SignalAfter >= 0 && step.SignalAfter < pending.Count)
            {
                pending[step.SignalAfter].TrySignal();
                pending.RemoveAt(step.SignalAfter);
            }

            if (step.PumpAfter)
                scene.Device.Pump(most: 2);
        }

        foreach (Fence fence in Enumerable.Reverse(pending))
            fence.TrySignal();
        scene.Device.Pump();
        Assert.True(scene.Vm.IsIdle);
        // Takes back what the last jobs held; an unmapped address far away changes nothing else.
        Assert.Equal(Errno.Ok, scene.Bind([], Unmap(1UL << 44, Page)));
        return [.. VmImage.Of(scene.Vm).Select(WithoutAddresses)];
    }

    private static DrmXeVmBindOp OpOf(AsyncScene scene, Step step, uint bo)
    {
        // Pieces of 64 KiB in the lower half, of 2 MiB in the upper one, so that tables come and go and leaves of both kinds are cut.
        ulong unit = step.Slot < Slots / 2 ? 0x1_0000 : Leaf;
        ulong start = A + ((ulong)step.Slot * unit), size = (ulong)step.Length * unit;
        VmBindFlags immediate = step.Kind == 0 ? 0 : VmBindFlags.Immediate;
        return step.Kind switch
        {
            0 or 1 => scene.Map(bo, start, size) with { Flags = immediate },
            2 => Null(start, size) with { Flags = VmBindFlags.Null | immediate },
            _ => Unmap(start, size),
        };
    }

    /// <summary>Tables may live elsewhere: with binds in flight they are given back later.</summary>
    private static string WithoutAddresses(string line) => ChildAddress().Replace(TableNumber().Replace(line, "T"), "= *$1 ->");

    [GeneratedRegex("T[0-9]+")]
    private static partial Regex TableNumber();

    [GeneratedRegex("= 0x[0-9a-f]+([0-9a-f]{3}) ->")]
    private static partial Regex ChildAddress();
}
