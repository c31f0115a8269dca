using XePt.Devices;
using XePt.Host;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Concurrency;

/// <summary>Accesses of several GPUs' threads while others take the memory away and move it: no byte may be lost, and none may go to an old
/// place (CON-005).</summary>
public class AccessConcurrencyTests
{
    private const int Adds = 3000;

    [Theory, InlineData("lnl", DriveMode.Inline), InlineData("bmg", DriveMode.Inline), InlineData("bmg", DriveMode.Queued)]
    [Rule("CON-005")]
    public void No_atomic_addition_is_lost_while_the_memory_moves(string platform, DriveMode drive)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? info));
        using var scene = new SvmScene(info, drive: drive);
        scene.Map(A, Size2M);
        ulong[] words = [A + 8, A + 0x5000, A + 0x1ff008];
        int left = words.Length;
        var failures = new List<string>();
        Thread[] threads = [.. words.Select(word => new Thread(() =>
        {
            for (int done = 0; done < Adds;)
            {
                GpuAccess access = scene.Vm.Atomic(word, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out ulong old);
                if (access.IsDone && old != (ulong)done)
                    Note($"{old:x} was found in place of {done:x}");
                // Whoever is disturbed in each of his attempts to move the page gives up (SVM-083).
                bool mayFail = access.Status is GpuAccessStatus.Pending or GpuAccessStatus.Refaulting || access.Error == Errno.EBUSY;
                if (!access.IsDone && !mayFail)
                    Note($"{access}");
                done += access.IsDone ? 1 : 0;
            }

            Interlocked.Decrement(ref left);
        }))];
        foreach (Thread thread in threads)
            thread.Start();

        Span<byte> seen = stackalloc byte[8];
        for (int round = 0; Volatile.Read(ref left) > 0; round++)
        {
            // The CPU's touch brings it back; the others make the range stale, or drive it out.
            Assert.True(scene.Process.TryRead(words[round % words.Length], seen));
            if (round % 3 == 1)
                scene.Device.EvictAll();
            if (round % 3 == 2)
                Assert.Equal(Errno.Ok, scene.Process.Protect(AddressRange.OfSize(A, Size2M), CpuProtection.ReadWrite));
        }

        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal([], failures);
        foreach (ulong word in words)
        {
            Assert.True(scene.Process.TryRead(word, seen));
            Assert.Equal((ulong)Adds, BitConverter.ToUInt64(seen));
        }

        void Note(string failure)
        {
            lock (failures)
            {
                if (failures.Count < 5)
                    failures.Add(failure);
            }
        }
    }
}
