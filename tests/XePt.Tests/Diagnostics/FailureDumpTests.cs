using System.Diagnostics.Tracing;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Tests.Async;
using XePt.Tests.Bind;
using XePt.Tests.Svm;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics;

/// <summary>The recorder writes once what it has when something leaves the engine that is no errno, wherever that is.</summary>
public class FailureDumpTests
{
    private const ulong A = BindScene.A, MiB = BindScene.MiB;

    [Fact]
    public void From_an_ioctl_that_enters_no_vm()
    {
        using var scene = new BindScene();
        string text = DumpOf(scene.Device, () =>
        {
            scene.File.UserMemory = new NoMemory();
            var wait = new DrmXeWaitUserFence { Addr = 0x1000, Value = 1, Mask = ulong.MaxValue };
            Assert.Throws<BadImageFormatException>(() => scene.File.WaitUserFence(ref wait));
        });
        Assert.StartsWith("an exception leaves DRM_IOCTL_XE_WAIT_USER_FENCE\n", text, StringComparison.Ordinal);
        Assert.Contains("IoctlStart request=0x4a", text, StringComparison.Ordinal);
        Assert.Equal(1, CountOf(text));
    }

    [Theory]
    [InlineData(EventLevel.Informational)]
    [InlineData(EventLevel.Verbose)]
    public void From_inside_a_vm_and_then_not_once_more_from_the_ioctl(EventLevel level)
    {
        using var scene = new BindScene();
        string text = DumpOf(scene.Device, () =>
        {
            scene.Device.Failures.Passing = _ => throw new BadImageFormatException("planted");
            Assert.Throws<BadImageFormatException>(() => scene.File.VmBind(scene.Vm.Id, Op.Null(A, MiB)));
        }, level);
        Assert.StartsWith("System.BadImageFormatException: planted\n", text, StringComparison.Ordinal);
        Assert.Equal(1, CountOf(text));
    }

    [Fact]
    public void Each_exception_is_written_also_the_second_of_a_kind()
    {
        using var scene = new BindScene();
        string text = DumpOf(scene.Device, () =>
        {
            scene.Device.Failures.Passing = _ => throw new BadImageFormatException("planted");
            Assert.Throws<BadImageFormatException>(() => scene.File.VmBind(scene.Vm.Id, Op.Null(A, MiB)));
            Assert.Throws<BadImageFormatException>(() => scene.File.VmBind(scene.Vm.Id, Op.Null(A, MiB)));
        });
        Assert.Equal(2, CountOf(text));
    }

    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    public void From_a_job_whoever_runs_it(DriveMode drive)
    {
        using var scene = new AsyncScene(drive: drive);
        string text = DumpOf(scene.Device, () =>
        {
            (uint handle, Fence fence) = scene.Pending();
            scene.Do([AsyncScene.In(handle), AsyncScene.UserFence(0x1000, 1)], AsyncScene.Null(AsyncScene.A, AsyncScene.Page));
            scene.File.UserMemory = new NoMemory();
            Assert.Throws<BadImageFormatException>(() =>
            {
                fence.Timeline!.TrySignal(fence.Seqno);
                scene.Device.Pump();
            });
        });
        Assert.StartsWith("System.BadImageFormatException: no memory\n", text, StringComparison.Ordinal);
        Assert.Equal(1, CountOf(text));
    }

    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    public void From_the_service_of_a_fault(DriveMode drive)
    {
        using var scene = new SvmScene(drive: drive);
        scene.Map(SvmScene.A, SvmScene.Size2M);
        string text = DumpOf(scene.Device, () =>
        {
            scene.Once(FailurePoint.RangeBind, () => throw new BadImageFormatException("planted"));
            Assert.Throws<BadImageFormatException>(() => scene.Fault(SvmScene.A));
        });
        Assert.StartsWith("System.BadImageFormatException: planted\n", text, StringComparison.Ordinal);
        Assert.Contains("FaultStart", text, StringComparison.Ordinal);
        Assert.Equal(1, CountOf(text));
        scene.Device.Recorder.FailureDump = null;
    }

    [Fact]
    public void From_the_answer_to_a_fault()
    {
        using var scene = new SvmScene();
        scene.Map(SvmScene.A, SvmScene.Size2M);
        string text = DumpOf(scene.Device, () =>
        {
            scene.Replying = () => throw new BadImageFormatException("planted");
            Assert.Throws<BadImageFormatException>(() => scene.Fault(SvmScene.A));
        });
        Assert.StartsWith("System.BadImageFormatException: planted\n", text, StringComparison.Ordinal);
        Assert.Equal(1, CountOf(text));
    }

    [Fact]
    public void From_a_call_that_is_one_on_each_vm()
    {
        using var scene = new BindScene();
        string text = DumpOf(scene.Device, () => Assert.Throws<BadImageFormatException>(() => VmEntry.RunInAll<bool>(
            scene.Device.Residency.Vms, scene.Device.Watch, () => throw new BadImageFormatException("planted"))));
        Assert.Equal(1, CountOf(text));
    }

    [Fact]
    public void Calls_that_are_answered_write_nothing()
    {
        using var scene = new BindScene();
        string text = DumpOf(scene.Device, () =>
        {
            scene.File.VmBind(scene.Vm.Id, Op.Null(A, MiB));
            scene.File.VmBind(scene.Vm.Id, Op.Null(1, MiB));
            uint bo = scene.Bo("X", 2 * MiB);
            scene.File.GemClose(bo);
            scene.File.GemClose(bo);
            Span<byte> argument = stackalloc byte[256];
            for (uint number = 0; number < 256; number++)
            {
                if (IoctlNames.CodeOf(number) is var request and not 0)
                    scene.File.Ioctl(request, argument);
            }
        });
        Assert.Equal("", text);
    }

    private static string DumpOf(XeDevice device, Action act, EventLevel level = EventLevel.Verbose)
    {
        using var text = new StringWriter { NewLine = "\n" };
        device.Recorder.FailureDump = text;
        device.Recorder.Start(level: level);
        act();
        device.Failures.Passing = null;
        device.Recorder.Stop();
        return text.ToString();
    }

    private static int CountOf(string text) => text.Split('\n').Count(line => line.Contains(" events", StringComparison.Ordinal));

    private sealed class NoMemory : IUserMemory
    {
        public bool TryRead(ulong address, Span<byte> into) => throw new BadImageFormatException("no memory");

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => throw new BadImageFormatException("no memory");
    }
}
