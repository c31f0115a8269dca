using System.Reflection;
using XePt.Devices;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Changes of a process that have the VM's side beside them: on the same thread, and in the same maps.</summary>
public class FaultInChangeTests
{
    public enum Call
    {
        Map,
        Unmap,
        Protect,
        Discard,
        Remap,
        RemapTo,
        Fork,
        Raise,
        Write,
        Read,
        Touch,
        Exit,
    }

    public static TheoryData<Call, bool> Calls() => new(
        from call in Enum.GetValues<Call>()
        from isQueued in new[] { false, true }
        select (call, isQueued));

    /// <summary>A fault looks again and again until no change is in its middle; on the thread of the change it would wait for
    /// itself.</summary>
    [Theory, MemberData(nameof(Calls))]
    [Rule("HST-007"), Rule("FLT-012")]
    public void A_fault_that_a_thread_meets_in_the_middle_of_its_own_change_is_serviced_when_that_has_ended(Call call, bool isQueued)
    {
        using var scene = new SvmScene(drive: isQueued ? DriveMode.Queued : DriveMode.Inline);
        scene.Map(A, Size2M);
        scene.Map(A + Size2M, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M, GpuAccessKind.Write));
        if (call is Call.Read or Call.Touch)
            Assert.True(scene.IsInVram(A + Size2M));
        scene.Process.Fork(out ModelProcess? child);
        if (call is Call.Read or Call.Touch)
            Assert.Equal(Errno.Ok, scene.Fault(A + Size2M, GpuAccessKind.Write));
        scene.Replies.Clear();

        int changes = 0;
        scene.Process.Changing += _ =>
        {
            if (changes++ > 0)
                return;
            var fault = new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = A + Size2M + Page, Access = GpuAccessKind.Write };
            scene.Device.RaiseFault(fault);
            scene.Device.Pump();
            Assert.Empty(scene.Replies);
        };
        Make(call, scene.Process, AddressRange.OfSize(A + Size2M, Size2M));
        Assert.True(changes > 0);
        scene.Device.Pump();
        Errno expected = call switch
        {
            Call.Unmap or Call.Remap or Call.RemapTo => Errno.ENOENT,
            Call.Protect => Errno.EPERM,
            Call.Exit => Errno.EFAULT,
            _ => Errno.Ok,
        };
        Assert.Equal(expected, Assert.Single(scene.Replies).Error);
        child!.Dispose();
    }

    /// <summary>It has left its VM for the sake of the change, and nobody pumps any more.</summary>
    [Fact]
    [Rule("FLT-015")]
    public void A_fault_that_was_to_come_back_after_a_change_is_forgotten_when_the_device_ends()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        AddressRange page = AddressRange.OfSize(A, Page);
        Assert.Equal(Errno.Ok, scene.Process.Discard(page));
        using PendingAccess access = scene.Vm.BeginAccess(A, GpuAccessKind.Write, new byte[] { 9 });
        int ran = 0;
        scene.Process.Changing += _ =>
        {
            var other = new Thread(() => ran += ran == 0 ? scene.Device.Pump(1) : 0);
            other.Start();
            other.Join();
        };
        Assert.Equal(Errno.Ok, scene.Process.Discard(page));
        Assert.Equal((1, false), (ran, access.IsCompleted));
        scene.Device.Dispose();
        Assert.True(access.IsCompleted);
        Assert.Equal(GpuAccessStatus.Lost, access.Result.Status);
    }

    /// <summary>The VM's side looks at its ranges without the gate, and each of its looks moves the finger of their index; a change looks
    /// at them beside it.</summary>
    [Fact]
    [Rule("CON-005")]
    public void A_change_looks_at_ranges_without_moving_the_finger_that_the_VM_points_with()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, 200 * Size2M);
        for (ulong i = 0; i < 200; i++)
            Assert.Equal(Errno.Ok, scene.Fault(A + (i * Size2M)));
        Assert.NotEqual(0, scene.Ranges.Find(A));
        object before = FingerOf(scene.Ranges);
        for (ulong i = 0; i < 200; i++)
        {
            Assert.True(scene.Process.Raise(CpuChangeKind.SoftDirty, AddressRange.OfSize(A + (i * Size2M), Page)));
            Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(A + (i * Size2M) + Size64K, Size2M)));
            Assert.Equal(before, FingerOf(scene.Ranges));
        }

        // A look of the VM's own moves it.
        Assert.NotEqual(0, scene.Ranges.Find(A + (100 * Size2M)));
        Assert.NotEqual(before, FingerOf(scene.Ranges));
    }

    private static void Make(Call call, ModelProcess process, AddressRange range)
    {
        Span<byte> bytes = stackalloc byte[8];
        var later = AddressRange.OfSize(range.End + (64 * Size2M), range.Size);
        switch (call)
        {
            case Call.Map: Assert.Equal(Errno.Ok, process.Map(range, CpuProtection.ReadWrite)); break;
            case Call.Unmap: Assert.Equal(Errno.Ok, process.Unmap(range)); break;
            case Call.Protect: Assert.Equal(Errno.Ok, process.Protect(range, CpuProtection.Read)); break;
            case Call.Discard: Assert.Equal(Errno.Ok, process.Discard(range)); break;
            case Call.Remap: Assert.Equal(Errno.Ok, process.Remap(range, Page, mayMove: false, out _)); break;
            case Call.RemapTo: Assert.Equal(Errno.Ok, process.RemapTo(range, later)); break;
            case Call.Fork:
                Assert.Equal(Errno.Ok, process.Fork(out ModelProcess? child));
                child!.Dispose();
                break;
            case Call.Raise: Assert.True(process.Raise(CpuChangeKind.SoftDirty, range)); break;
            case Call.Write: Assert.True(process.TryWrite(range.Start, bytes)); break;
            case Call.Read: Assert.True(process.TryRead(range.Start, bytes)); break;
            case Call.Touch: Assert.Equal(Errno.Ok, process.Touch(AddressRange.OfSize(range.Start, Page), write: false)); break;
            default: process.Exit(); break;
        }
    }

    private static object FingerOf(SvmRangeMap ranges)
    {
        const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
        object index = typeof(SvmRangeMap).GetField("_index", Fields)!.GetValue(ranges)!;
        object finger = typeof(VmaIndex).GetField("_finger", Fields)!.GetValue(index)!;
        return (finger.GetType().GetField("From", Fields)!.GetValue(finger), finger.GetType().GetField("To", Fields)!.GetValue(finger));
    }
}
