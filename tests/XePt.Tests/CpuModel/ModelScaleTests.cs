using XePt.Diagnostics;
using XePt.Host;
using XePt.Memory;
using XePt.Tests.HostMemory;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>What much memory costs, by counts; and calls that get no memory of the host.</summary>
public class ModelScaleTests
{
    [Fact]
    public void A_hundred_GiB_cost_nothing_before_they_are_touched()
    {
        const ulong Bytes = 100UL << 30;
        using var p = new TestProcess();
        Assert.Equal(Errno.Ok, p.Process.Map(AddressRange.OfSize(Base, Bytes), CpuProtection.ReadWrite));
        Assert.Equal(0, p.Process.TableCount);
        Assert.Equal(0, p.Memory.UsedBytes);

        // Page tables for what is touched, frames for what is there, bytes for what is written.
        for (ulong at = 0; at < Bytes; at += 1UL << 30)
            Assert.Equal(Errno.Ok, p.Process.Touch(AddressRange.OfSize(Base + at, 4 * Page), write: true));
        Assert.Equal(100, p.Process.TableCount);
        Assert.Equal(400 * (long)Page, p.Memory.UsedBytes);
        Assert.Equal(0, p.Memory.WrittenBytes);
        p.WriteWord(Base + (50UL << 30), 1);
        Assert.Equal((long)Page, p.Memory.WrittenBytes);
        Assert.Equal(Errno.Ok, p.Process.Protect(AddressRange.OfSize(Base, Bytes), CpuProtection.Read));
        Assert.Equal(Errno.Ok, p.Process.Discard(AddressRange.OfSize(Base, Bytes)));
        Assert.Equal(0, p.Process.TableCount);
        Assert.Equal(0, p.Memory.UsedBytes);
    }

    [Fact]
    public void A_million_mappings_are_made_found_and_taken_away()
    {
        const int Mappings = 1_000_000;
        using var p = new TestProcess();
        for (ulong i = 0; i < Mappings; i++)
            Assert.Equal(Errno.Ok, p.Process.Map(AddressRange.OfSize(Base + (i * 2 * Page), Page), CpuProtection.ReadWrite));
        Assert.Equal(Mappings, p.Process.MappingCount);
        for (ulong i = 0; i < Mappings; i += 997)
        {
            Assert.True(p.Process.TryFindVma(Base + (i * 2 * Page) + 5, out CpuVma vma));
            Assert.Equal((Base + (i * 2 * Page), Page), (vma.Range.Start, vma.Range.Size));
            Assert.False(p.Process.TryFindVma(Base + (i * 2 * Page) + Page, out _));
        }

        Assert.Equal(0, p.Process.TableCount);
        Assert.Equal(Errno.Ok, p.Process.MapAnywhere(out ulong start, 2 * Page, CpuProtection.Read));
        Assert.True(start > Base + (Mappings * 2 * Page));
        Assert.Equal(Errno.Ok, p.Process.Unmap(AddressRange.OfSize(Base, (Mappings * 2 * Page) - (2 * Page))));
        Assert.Equal(2, p.Process.MappingCount);
        Assert.Single(p.Events);
    }

    [Fact]
    public void In_a_steady_state_no_memory_is_taken()
    {
        using var memory = new ModelMemory();
        using var process = new ModelProcess(memory);
        var listener = new Silent();
        var list = new CpuPageList();
        process.Map(AddressRange.OfSize(Base, Huge), CpuProtection.ReadWrite);
        void Round()
        {
            process.Subscribe(listener, AddressRange.OfSize(Base, Huge));
            process.FaultIn(AddressRange.OfSize(Base, 16 * Page), write: true, this, list);
            process.Snapshot(AddressRange.OfSize(Base, Huge), this, list);
            process.Discard(AddressRange.OfSize(Base, Huge));
            process.Unsubscribe(listener);
        }

        for (int i = 0; i < 600; i++)
            Round();
        using var host = new NativeHost();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, host.Asked);
    }

    public static TheoryData<string> Calls => [
        "map", "map over", "unmap", "protect", "remap", "touch", "huge", "write", "fault in", "break", "fork", "collect", "install"];

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_that_gets_no_memory_of_the_host_leaves_everything_as_it_was(string call)
    {
        int failures = 0;
        for (int allowed = 0; ; allowed++)
        {
            using var scene = new FailureScene();
            string before = scene.State();
            scene.Failures.Arm(FailurePoint.Allocation, allowed);
            Errno error = scene.Do(call);
            scene.Failures.Disarm();
            if (error == Errno.Ok)
                break;
            failures++;
            Assert.Equal(Errno.ENOMEM, error);
            Assert.Equal(before, scene.State());
            Assert.Equal(Errno.Ok, scene.Do(call));
        }

        Assert.True(failures > 0, "it needs no memory");
    }

    private sealed class Silent : CpuSubscription
    {
        public override bool Invalidate(in CpuChange change) => true;
    }

    /// <summary>A process in which every call needs something new.</summary>
    private sealed class FailureScene : IDisposable
    {
        private readonly TestProcess _p = new();
        private readonly TestDevice _device;
        private readonly CpuMigration _migration = new();
        private readonly object _owner = new();

        public FailureScene()
        {
            _device = new TestDevice(_owner);
            _p.Process.Map(AddressRange.OfSize(Base, 2 * Huge), CpuProtection.ReadWrite);
            _p.WriteWord(Base, 5);
            _p.Process.Map(AddressRange.OfSize(Base + (4 * Huge), Huge), CpuProtection.ReadWrite, CpuVmaKind.Shared);
        }

        public FailureInjector Failures => _p.Memory.Failures;

        public Errno Do(string call)
        {
            ModelProcess process = _p.Process;
            switch (call)
            {
                case "map":
                    return Many(i => process.Map(AddressRange.OfSize(Base + (3 * Huge) + (2 * i * Page), Page), CpuProtection.Read));
                case "map over":
                    return process.Map(AddressRange.OfSize(Base + (16 * Page), 4 * Page), CpuProtection.Read);
                case "unmap":
                    return process.Unmap(AddressRange.OfSize(Base + (16 * Page), 4 * Page));
                case "protect":
                    return process.Protect(AddressRange.OfSize(Base + (16 * Page), 4 * Page), CpuProtection.Read);
                case "remap":
                    return process.RemapTo(AddressRange.OfSize(Base, Huge), AddressRange.OfSize(Base + (6 * Huge) + Page, Huge));
                case "touch":
                    return process.Touch(AddressRange.OfSize(Base + Huge, Page), write: true);
                case "huge":
                    return process.Touch(AddressRange.OfSize(Base + Huge, Page), write: true, huge: true);
                case "write":
                    return process.Write(Base + Huge, [1]);
                case "fault in":
                    return process.FaultIn(AddressRange.OfSize(Base + Huge, Page), write: true, null, _p.List);
                case "break":
                    return Break(process);
                case "fork":
                    Errno error = process.Fork(out ModelProcess? child);
                    child?.Dispose();
                    return error;
                case "collect":
                    return Finish(process.Collect(_migration, AddressRange.OfSize(Base + Huge, Page), CpuCollectKinds.ToDevice(_owner)));
                default:
                    return _device.Migrate(process, Base, Base + Page);
            }
        }

        public string State() =>
            $"{_p.Mappings} | {_p.Pages(Base, Base + (8 * Huge))} | {Read()} | {_p.Process.TableCount} | {_p.Memory.DeviceBlocks}";

        public void Dispose()
        {
            _p.Dispose();
        }

        private string Read()
        {
            _p.Process.Describe(AddressRange.OfSize(Base, Page), _p.List);
            var word = new byte[8];
            if (_p.List.Runs[0].Kind == CpuPageKind.System)
                Assert.True(_p.Process.Frames.TryRead(_p.List.Runs[0].Frame, word));
            return BitConverter.ToUInt64(word).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        private Errno Many(Func<ulong, Errno> map)
        {
            for (ulong i = 0; i < 64; i++)
            {
                Errno error = map(i);
                if (error == Errno.Ok)
                    continue;
                for (ulong made = 0; made < i; made++)
                    _p.Process.Unmap(AddressRange.OfSize(Base + (3 * Huge) + (2 * made * Page), Page));
                return error;
            }

            return Errno.Ok;
        }

        private static Errno Break(ModelProcess process)
        {
            Errno error = process.Fork(out ModelProcess? child);
            if (error == Errno.Ok)
                error = process.Write(Base, [6]);
            child?.Dispose();
            return error;
        }

        private Errno Finish(Errno error)
        {
            if (error == Errno.Ok)
                _p.Process.Restore(_migration);
            return error;
        }
    }
}
