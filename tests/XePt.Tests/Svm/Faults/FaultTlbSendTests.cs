using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>
/// A TLB invalidation that a fault sends is lost, at each of the places where faults send one: nobody gets an errno, it is sent once more
/// for the whole VM, and everything else is as if it had not been lost (HST-039).
/// </summary>
public class FaultTlbSendTests
{
    private const ulong Free = A + (1UL << 32);

    private const ulong Neighbour = A + (1UL << 30);

    // Of 16 MiB an eighth is for tables.
    private const int BlocksThatFit = 7;

    /// <summary>Why the fault sends one.</summary>
    public enum Reason
    {
        /// <summary>The other tile pulls the memory to itself.</summary>
        OtherTile,

        /// <summary>The memory of another range is driven out for it.</summary>
        Pressure,

        /// <summary>The entries were made for a mirror that was read-only.</summary>
        ReadOnly,

        /// <summary>It collects a range whose entries share tables.</summary>
        Garbage,

        /// <summary>An atomic brings a BO into VRAM.</summary>
        Bo,
    }

    public static TheoryData<Reason, bool> Reasons => new MatrixTheoryData<Reason, bool>(Enum.GetValues<Reason>(), [false, true]);

    [Theory]
    [MemberData(nameof(Reasons))]
    [Rule("HST-039")]
    [Rule("SVM-145")]
    public void What_is_lost_is_sent_for_the_whole_VM_and_changes_nothing_else(Reason reason, bool isHeard)
    {
        using var plain = new World(reason, isHeard);
        using var lossy = new World(reason, isHeard);
        Assert.Equal(Errno.Ok, plain.Fault(isLost: false));
        Assert.Equal(Errno.Ok, lossy.Fault(isLost: true));
        // An unbind sends nothing when nobody hears, so nothing can be lost.
        bool isSent = isHeard || reason != Reason.Garbage;
        Assert.Equal(isSent, lossy.WasLost);
        Assert.Equal(plain.Heard.Select(one => (one.Gt, one.Cause)), lossy.Heard.Select(one => (one.Gt, one.Cause)));
        // On every GT of the tile, in the place of what was lost.
        AddressRange all = new(0, lossy.Scene.Vm.Size);
        int differing = Differing(plain.Heard, lossy.Heard);
        Assert.Equal(isHeard ? lossy.GtsPerTile : 0, differing);
        Assert.Equal(plain.Heard.Count(one => one.Range == all) + differing, lossy.Heard.Count(one => one.Range == all));
        Assert.Equal(plain.State(), lossy.State());

        plain.GoOn();
        lossy.GoOn();
        Assert.Equal(plain.Heard.Select(one => (one.Gt, one.Cause)), lossy.Heard.Select(one => (one.Gt, one.Cause)));
        Assert.Equal(plain.State(), lossy.State());
    }

    private static int Differing(List<TlbInvalidation> some, List<TlbInvalidation> others) =>
        some.Zip(others).Count(pair => pair.First.Range != pair.Second.Range);

    /// <summary>A scene in which a fault sends an invalidation.</summary>
    private sealed class World : IDisposable
    {
        private readonly Reason _reason;
        private readonly TlbRegistration[] _clients;

        public World(Reason reason, bool isHeard)
        {
            _reason = reason;
            PlatformInfo platform = reason switch
            {
                Reason.OtherTile => XePlatforms.Pvc2T,
                Reason.Pressure => XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 },
                Reason.Bo => XePlatforms.Pvc,
                _ => XePlatforms.Bmg,
            };
            Scene = new SvmScene(platform, reason == Reason.ReadOnly ? VmBindFlags.ReadOnly : 0);
            _clients = isHeard
                ? [.. Enumerable.Range(0, 32).Where(gt => (Scene.Device.Tlb.GtMask >> gt & 1) != 0)
                    .Select(gt => Scene.Device.Tlb.Register(gt, new Listener(Heard)))]
                : [];
            Scene.Map(A, (BlocksThatFit + 1) * Size2M);
            Assert.True(Scene.Process.TryWrite(A, [7]));
            Begin();
        }

        public SvmScene Scene { get; }

        public List<TlbInvalidation> Heard { get; } = [];

        /// <summary>One was lost in the fault.</summary>
        public bool WasLost { get; private set; }

        public int GtsPerTile => Scene.Vm.Context.Tlb.GtsPerTile;

        private int OtherGt => Scene.Device.Platform.GtSlotsPerTile;

        public Errno Fault(bool isLost)
        {
            Heard.Clear();
            int passed = 0;
            Scene.Device.Failures.Passing = point =>
            {
                passed += point == FailurePoint.TlbSend ? 1 : 0;
                if (point == FailurePoint.RangeCommit && _reason == Reason.Garbage && Scene.HasRange(A))
                    Scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
            };
            bool isGarbage = _reason == Reason.Garbage;
            // So that the fault goes round once more and collects it.
            if (isGarbage)
                Scene.Device.Failures.Arm(FailurePoint.RangeCommit);
            // The process sends one itself when it unmaps what becomes garbage.
            if (isLost)
                Scene.Device.Failures.Arm(FailurePoint.TlbSend, skip: isGarbage ? 1 : 0);
            Errno error = _reason switch
            {
                Reason.OtherTile => Scene.Fault(A, GpuAccessKind.Write, OtherGt),
                Reason.Pressure => Scene.Fault(A + (BlocksThatFit * Size2M), GpuAccessKind.Write),
                Reason.ReadOnly => Scene.Fault(A, GpuAccessKind.Write),
                Reason.Garbage => Scene.Fault(A + Size2M),
                _ => Scene.Fault(Free, GpuAccessKind.Atomic),
            };
            WasLost = isLost && passed > (isGarbage ? 1 : 0) && Scene.Device.Failures.ToString() == "nothing armed";
            Scene.Device.Failures.Passing = null;
            Scene.Device.Failures.Disarm();
            return error;
        }

        /// <summary>Calls of other kinds.</summary>
        public void GoOn()
        {
            Scene.Process.Discard(AddressRange.OfSize(A + Size2M, Page));
            Assert.Equal(Errno.Ok, Scene.Fault(A + Size2M, GpuAccessKind.Write));
            XeBo bo = Scene.File.CreateBo(Size64K);
            Scene.Vm.Map(bo, Free + Size2M);
            Scene.Vm.Write(Free + Size2M, 5);
            Assert.Equal(Errno.Ok, Scene.Bind(VmBindOp.Prefetch, A + Size2M, Size2M, region: 0));
            Assert.Equal(Errno.Ok, Scene.Prefer(A + Size2M, Size2M, file: -1));
            Scene.Vm.MapMirror(AddressRange.OfSize(Free + Size2M, Size64K));
            Assert.Equal(Errno.Ok, Scene.Process.Unmap(AddressRange.OfSize(A + Size2M, Size2M)));
            if (_reason is not Reason.Garbage)
                Assert.Equal(7, Scene.Vm.Read<byte>(A));
        }

        /// <summary>Everything that can be seen of the device, the VM and the process.</summary>
        public string State() => string.Join('\n',
        [
            .. VmImage.Of(Scene.Vm),
            .. Ranges(),
            $"{Scene.Process.SubscriptionCount} {Scene.Memory.DeviceBlocks} {Scene.Memory.UsedBytes}",
            .. Scene.Replies.Select(reply => $"{reply}"),
            .. Enumerable.Range(0, 32).Where(gt => (Scene.Device.Tlb.GtMask >> gt & 1) != 0)
                .Select(gt => $"{gt}: {Scene.Device.GetGtStatistics(gt)}, {Scene.Device.Tlb.GetCounters(gt).Invalidations}"),
        ]);

        private IEnumerable<string> Ranges()
        {
            for (int range = Scene.Ranges.FirstOverlap(0, Scene.Vm.Size); range != 0;)
            {
                SvmRange r = Scene.Ranges[range];
                yield return $"{r.Start:x} {r.Size:x} {r.Flags} {r.TilePresent} {r.TileInvalidated} {r.Pagemap}";
                range = Scene.Ranges.FirstOverlap(r.End, Scene.Vm.Size);
            }
        }

        public void Dispose()
        {
            foreach (TlbRegistration client in _clients)
                client.Dispose();
            Scene.Dispose();
        }

        private void Begin()
        {
            switch (_reason)
            {
                case Reason.Bo:
                    uint bo = Scene.Bo(Size64K, placements: 3);
                    Assert.Equal(Errno.Ok, Scene.Bind(VmBindOp.Map, Free, Size64K, bo: bo));
                    Assert.Equal(Errno.Ok, Scene.File.MoveBo(bo, 0));
                    Assert.Equal(Errno.Ok, Scene.Fault(Free));
                    break;
                case Reason.ReadOnly:
                    Assert.Equal(Errno.Ok, Scene.Fault(A));
                    Scene.Vm.MapMirror(new AddressRange(0, Scene.Vm.Size));
                    break;
                case Reason.Pressure:
                    for (ulong i = 0; i < BlocksThatFit; i++)
                        Assert.Equal(Errno.Ok, Scene.Fault(A + (i * Size2M)));
                    break;
                case Reason.Garbage:
                    // Shares the topmost table, so that not all of that goes.
                    Scene.Map(Neighbour, Page);
                    Assert.Equal(Errno.Ok, Scene.Fault(Neighbour));
                    Assert.Equal(Errno.Ok, Scene.Fault(A));
                    break;
                default:
                    Assert.Equal(Errno.Ok, Scene.Fault(A));
                    break;
            }
        }
    }

    private sealed class Listener(List<TlbInvalidation> heard) : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation)
        {
            heard.Add(invalidation);
            invalidation.Acknowledge();
        }
    }
}
