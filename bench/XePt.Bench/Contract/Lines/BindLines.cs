using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Bench.Contract;

/// <summary>P5 to P7: whole calls, from ioctl arguments to signalled fence.</summary>
internal static unsafe class BindLines
{
    private const ulong Size4K = 4UL << 10;
    private const ulong Size2M = 2UL << 20;
    private const ulong Size1G = 1UL << 30;

    // What is to be beaten in any case leaves noise next to nothing; where what it is divided by takes 30 ns, no more than the middle ones
    // of several runs were apart from what they were on average.
    private const double MarginInAnyCase = 0.02, MarginOfTiny = 0.04;

    public static IEnumerable<ContractLine> All()
    {
        foreach ((int vmas, string text, double goal, double floor) in ((int, string, double, double)[])
            [(1_000, "1 k", 3, 5), (100_000, "100 k", 4, 5)])
        {
            yield return ContractLine.Of(
                "P5", $"bind + unbind 2 MiB as 4K ÷ Fill + Clear 4 KiB, directory there, {text} VMAs",
                Goal.AtMost(goal, floor), () => Against4K(vmas, keeps: true), MarginInAnyCase);
            yield return ContractLine.Of(
                "P5", $"bind + unbind 2 MiB as 4K ÷ Fill + Clear 4 KiB, directories made, {text} VMAs",
                Goal.AtMost(goal, floor: 8), () => Against4K(vmas, keeps: false));
        }

        foreach (bool isScattered in (bool[])[false, true])
        {
            yield return ContractLine.Of(
                "P6", $"unmap of 1 GiB of 4K ÷ Clear(2 MiB), {(isScattered ? "scattered" : "one piece")}",
                Goal.AtMost(1.2), () => Unmap(isScattered));
        }

        yield return ContractLine.Of(
            "P7", "bind + unbind 4 KiB ÷ VMA insert + delete alone, leaf table there",
            Goal.AtMost(2.2, floor: 4.5), () => AgainstVma(keeps: true), MarginOfTiny).Alone();
        yield return ContractLine.Of(
            "P7", "bind + unbind 4 KiB ÷ VMA insert + delete alone, leaf table made", Goal.AtMost(2.2, floor: 9),
            () => AgainstVma(keeps: false));
    }

    private static PairCase Against4K(int vmas, bool keeps)
    {
        var fixture = new BindFixture(Size2M, Size4K, isVram: false, vmas);
        if (keeps)
            fixture.KeepTable();
        var table = new OneTable();
        return new PairCase(new Side(1, fixture.BindAndUnbind), new Side(1, table.FillAndClear), fixture, table);
    }

    private static PairCase Unmap(bool isScattered)
    {
        var fixture = new BindFixture(Size1G, isScattered ? Size4K : Size1G, isVram: false, skew: isScattered ? 0 : Size4K);
        fixture.KeepTable();
        ulong* memory = (ulong*)NativeMemory.AlignedAlloc((nuint)Size2M, 4096);
        return new PairCase(
            new Side(1, () => fixture.Unbind(), () => fixture.Bind()),
            new Side(1, () => new Span<byte>(memory, (int)Size2M).Clear()),
            fixture, new Freed(memory));
    }

    private static PairCase AgainstVma(bool keeps)
    {
        const int Vmas = 1_000;
        var fixture = new BindFixture(Size4K, Size4K, isVram: false, Vmas);
        var other = new BindFixture(Size4K, Size4K, isVram: false, Vmas);
        // The page right above keeps the table of leaves, one far above the directories alone.
        if (keeps)
            fixture.KeepTable();
        else
            fixture.BindNull(BindFixture.Va + (2 * Size2M));
        return new PairCase(new Side(1, fixture.BindAndUnbind), new Side(1, () => InsertAndDelete(other.Vm.Context)), fixture, other);
    }

    /// <summary>A VMA of the first BO of the device, made, put into the map, taken out and destroyed.</summary>
    private static void InsertAndDelete(VmContext vm)
    {
        Insert(vm);
        Delete(vm);
    }

    // Not put into each other, as they are not where calls are: what is compared with must not read differently from run to run.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Insert(VmContext vm)
    {
        var op = new GpuvaOp { Start = BindFixture.Va, End = BindFixture.Va + Size4K, Bo = 1, Pat = 2 };
        bool holdsBo = false;
        Errno error = vm.Vmas.Create(ref op, call: 1, awaitsBind: true, ref holdsBo);
        if (error != Errno.Ok || vm.Space.FirstOverlap(op.Start, op.End) != 0 || !vm.Space.TryInsertFree(op.Vma, op.Start))
            throw new InvalidOperationException($"{error}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Delete(VmContext vm)
    {
        int vma = vm.Space.FirstOverlap(BindFixture.Va, BindFixture.Va + Size4K);
        vm.Space.RemoveAt(BindFixture.Va);
        vm.Vmas.Destroy(vma, after: Fence.Signalled);
    }

    /// <summary>Memory of one page table.</summary>
    private sealed class OneTable : IDisposable
    {
        private const int Entries = 512;
        private readonly ulong* _entries = (ulong*)NativeMemory.AlignedAlloc(Entries * sizeof(ulong), 4096);

        public void FillAndClear()
        {
            new Span<ulong>(_entries, Entries).Fill(0x1003);
            new Span<ulong>(_entries, Entries).Clear();
        }

        public void Dispose() => NativeMemory.AlignedFree(_entries);
    }

    private sealed class Freed(void* memory) : IDisposable
    {
        public void Dispose() => NativeMemory.AlignedFree(memory);
    }
}
