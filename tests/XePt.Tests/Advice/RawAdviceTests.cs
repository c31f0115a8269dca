using System.Runtime.InteropServices;
using XePt.Uapi;
using static XePt.Tests.Advice.AdviceScene;

namespace XePt.Tests.Advice;

/// <summary>The two requests as bytes: any size, any word, any pointer.</summary>
public class RawAdviceTests
{
    [Fact]
    [Rule("UAPI-030")]
    public void Advice_round_trips_through_the_untyped_entry()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        DrmXeMadvise advice = scene.Atomic(A, M, AtomicAccess.Global);
        Assert.Equal(Errno.Ok, scene.File.Ioctl(XeIoctl.Madvise, MemoryMarshal.AsBytes(new Span<DrmXeMadvise>(ref advice))));
        var query = new DrmXeVmQueryMemRangeAttr { VmId = scene.Vm.Id, Start = A, Range = M };
        Assert.Equal(Errno.Ok, Ask(scene, ref query));
        Assert.Equal((1u, 64UL), (query.NumMemRanges, query.SizeofMemRangeAttr));
        query.VectorOfMemAttr = 0x10000;
        Assert.Equal(Errno.Ok, Ask(scene, ref query));
        Span<DrmXeMemRangeAttr> told = new DrmXeMemRangeAttr[1];
        Assert.True(scene.File.UserMemory.TryRead(0x10000, MemoryMarshal.AsBytes(told)));
        Assert.Equal((A, A + M, AtomicAccess.Global), (told[0].Start, told[0].End, told[0].Atomic.Val));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_refused_request_of_any_bytes_changes_nothing(int seed)
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, 4 * M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        var random = new Random(seed);
        byte[] bytes = new byte[96];
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            uint request = (i & 1) == 0 ? XeIoctl.Madvise : XeIoctl.VmQueryMemRangeAttrs;
            Fill(scene, random, request, bytes);
            int size = random.Next(4) switch { 0 => random.Next(bytes.Length + 1), _ => 64 };
            ulong before = scene.Vm.StateHash();
            uint sized = (request & 0xc000ffff) | ((uint)size << 16);
            Errno error = scene.File.Ioctl(sized, bytes.AsSpan(0, size));
            if (error == Errno.Ok)
                continue;
            Assert.Equal(before, scene.Vm.StateHash());
            Assert.Equal(error, scene.File.LastRejection.Errno);
            refused++;
        }

        Assert.InRange(refused, 100, 2999);
    }

    /// <summary>Mostly a sound request of which a word or two are wild.</summary>
    private static void Fill(AdviceScene scene, Random random, uint request, byte[] bytes)
    {
        Array.Clear(bytes);
        if (request == XeIoctl.Madvise)
        {
            DrmXeMadvise advice = scene.Pat(A + ((ulong)random.Next(16) << 18), (ulong)random.Next(1, 8) << 18, (uint)random.Next(4));
            MemoryMarshal.Write(bytes, advice);
        }
        else
        {
            MemoryMarshal.Write(bytes, new DrmXeVmQueryMemRangeAttr { VmId = scene.Vm.Id, Start = A, Range = M });
        }

        for (int wild = random.Next(3); wild > 0; wild--)
        {
            int at = random.Next(bytes.Length / 8) * 8;
            ulong word = random.Next(3) switch { 0 => (ulong)random.NextInt64(), 1 => ulong.MaxValue, _ => (ulong)random.Next(128) };
            MemoryMarshal.Write(bytes.AsSpan(at), word);
        }
    }

    private static Errno Ask(AdviceScene scene, ref DrmXeVmQueryMemRangeAttr query) =>
        scene.File.Ioctl(XeIoctl.VmQueryMemRangeAttrs, MemoryMarshal.AsBytes(new Span<DrmXeVmQueryMemRangeAttr>(ref query)));
}
