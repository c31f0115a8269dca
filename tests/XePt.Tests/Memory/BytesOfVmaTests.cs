using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Memory;
using Xunit;

namespace XePt.Tests.Memory;

/// <summary>What one VMA of very many takes besides its tables, as counted by sizes: its record and its share of the index.</summary>
public sealed class BytesOfVmaTests
{
    [Fact]
    public void A_record_and_its_share_of_full_nodes_take_86_bytes()
    {
        double node = Unsafe.SizeOf<VmaIndex.Node>();
        double leaf = node / VmaIndex.LeafCapacity;
        double inner = leaf / (VmaIndex.InnerCapacity - 1);
        Assert.Equal(72, Unsafe.SizeOf<Vma>());
        Assert.InRange(Unsafe.SizeOf<Vma>() + leaf + inner, 85, 86);
    }

    [Fact]
    public void Marks_of_a_call_share_a_byte_and_do_not_meet()
    {
        var vma = new Vma { AwaitsBind = true, TilePending = 0x7f };
        Assert.Equal((true, (byte)0x7f), (vma.AwaitsBind, vma.TilePending));
        vma.AwaitsBind = false;
        Assert.Equal((false, (byte)0x7f), (vma.AwaitsBind, vma.TilePending));
        (vma.AwaitsBind, vma.TilePending) = (true, 0);
        Assert.Equal((true, (byte)0), (vma.AwaitsBind, vma.TilePending));
        vma.Touch(call: 7);
        Assert.Equal((false, (byte)0, 7u), (vma.AwaitsBind, vma.TilePending, vma.Call));
    }
}
