using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.HostMemory;

/// <summary>The host has no memory for what a fault on a mirror, a migration back or an unmap of the process needs: each block fails in
/// turn.</summary>
public class MirrorMemoryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_fault_without_memory_is_answered_and_the_next_one_is_serviced(bool isOneOff)
    {
        int nth = 1;
        for (bool wasRefused = true; wasRefused; nth++)
        {
            using var host = new NativeHost();
            using (var scene = new MirrorScene())
            {
                host.Refuse(nth, isOneOff);
                Errno?[] answers = [scene.Fault(0), scene.Fault(300)];
                wasRefused = host.HasRefused;
                host.Recover();
                // Without memory of the device the pages are taken where they are.
                Assert.All(answers, answer => Assert.True(answer is Errno.Ok or Errno.ENOMEM, $"block {nth}: {answer}"));
                Assert.Equal((Errno.Ok, Errno.Ok, Errno.Ok), (scene.Fault(0), scene.Fault(300), scene.Fault(599)));
                Assert.True(scene.Vm.Translate(MirrorScene.Address(300)).IsPresent);
                Assert.Equal((0ul, 300ul), (scene.Read(0), scene.Read(300)));
            }

            Assert.Equal(0, host.Live);
        }

        Assert.True(nth > 4, "no memory was taken");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_the_process_changes_needs_no_memory_of_the_engine(bool isOneOff)
    {
        for (int nth = 1; nth < 40; nth++)
        {
            using var host = new NativeHost();
            using (var scene = new MirrorScene())
            {
                Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(0), scene.Fault(300)));
                host.Refuse(nth, isOneOff);
                Errno unmapped = scene.Process.Unmap(AddressRange.OfSize(MirrorScene.Address(0), 16 * 4096));
                Assert.True(unmapped is Errno.Ok or Errno.ENOMEM);
                host.Recover();
                Assert.Equal(unmapped == Errno.Ok, !scene.Vm.Translate(MirrorScene.Address(0)).IsPresent);
                Assert.False(scene.Vm.Context.IsBanned);
                Assert.Equal(Errno.Ok, scene.Fault(400));
            }

            Assert.Equal(0, host.Live);
        }
    }
}
