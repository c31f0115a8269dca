using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Migrations into the memory of another device, whose threads are not kept out by the VM of who migrates.</summary>
public sealed class PeerMemoryTests : IDisposable
{
    private readonly CopyRecorder _copies = new(new VirtualClock());
    private readonly XeDevice _peer;
    private readonly XeFile _owner;
    private readonly SvmScene _scene;

    public PeerMemoryTests()
    {
        var link = new XeInterconnect();
        _peer = new XeDevice(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 }, new XeDeviceOptions { Interconnect = link });
        _owner = _peer.OpenFile();
        _scene = new SvmScene(options: new XeDeviceOptions
        {
            Interconnect = link,
            Descriptors = _peer.Descriptors,
            CopyEngine = _copies,
        });
        _scene.Map(A, Size2M);
        _scene.Process.TryWrite(A + 77, [5]);
        Assert.Equal(Errno.Ok, _scene.Prefer(0, _scene.Vm.Size, _peer.Descriptors.Open(_owner), region: 1));
    }

    public void Dispose()
    {
        _scene.Dispose();
        _peer.Dispose();
    }

    /// <summary>Whoever needs the room meets the block before anything is in it.</summary>
    [Theory, InlineData(false), InlineData(true)]
    [Rule("SVM-186")]
    public void A_block_that_is_being_filled_makes_no_room_before_it_is_filled(bool failsToCopy)
    {
        Errno meanwhile = Errno.Ok;
        _copies.Copying = () => OnAnotherThread(() => meanwhile = FillPeer());
        _copies.FailsAt = failsToCopy ? 0 : -1;
        Assert.Equal(Errno.Ok, _scene.Fault(A));
        _copies.Copying = null;
        Assert.Equal((Errno.ENOMEM, !failsToCopy), (meanwhile, _scene.IsInVram(A)));
        // From then on it does.
        Assert.Equal((Errno.Ok, 0), (FillPeer(), _scene.Memory.DeviceBlocks));
        Assert.Equal(5, _scene.Vm.Read<byte>(A + 77));
    }

    /// <summary>To start again would not help: that keeps the VMs of the own device out.</summary>
    [Fact]
    [Rule("BIND-194")]
    public void A_fault_finds_no_room_on_a_peer_that_has_a_busy_VM_and_is_serviced_where_its_pages_are()
    {
        Assert.Equal(Errno.Ok, FillPeer());
        XeVm busy = _owner.CreateVm(0);
        using var isInside = new ManualResetEventSlim();
        using var mayLeave = new ManualResetEventSlim();
        var holder = new Thread(() => MadeUpCall.Run(busy, () =>
        {
            isInside.Set();
            mayLeave.Wait();
        }));
        holder.Start();
        isInside.Wait(TestContext.Current.CancellationToken);
        Errno error = _scene.Fault(A);
        mayLeave.Set();
        holder.Join();
        Assert.Equal(Errno.Ok, error);
        Assert.Equal((1, false), (_scene.Vm.GetMappings().Count, _scene.IsInVram(A)));

        Assert.Equal(Errno.Ok, _scene.Process.Discard(AddressRange.OfSize(A, Size2M)));
        Assert.Equal(Errno.Ok, _scene.Fault(A));
        Assert.Equal((1, true), (_scene.Vm.GetMappings().Count, _scene.IsInVram(A)));
    }

    private Errno FillPeer()
    {
        var create = new DrmXeGemCreate { Size = 7 * Size2M, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        return _owner.GemCreate(ref create);
    }

    private static void OnAnotherThread(Action act)
    {
        var other = new Thread(() => act());
        other.Start();
        other.Join();
    }
}
