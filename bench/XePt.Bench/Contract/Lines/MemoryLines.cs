namespace XePt.Bench.Contract;

/// <summary>What mappings and VMAs take of the host's memory.</summary>
internal static class MemoryLines
{
    private const string Category = "Memory";
    private const int Vmas = 1_000_000;
    private const int PageBytes = 4096;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.OfFact(
            Category, "bytes of tables for each 4 KiB mapped, 4 GiB", Goal.AtMost(8.1), BytesOfMapping);
        yield return ContractLine.OfFact(
            Category, "bytes of native blocks for each VMA besides its tables, 1 M VMAs", Goal.AtMost(96), BytesOfBlocks);
        // What is resident is what the system says, and the runtime has a part in it.
        yield return new ContractLine(
            Category, "bytes of the host for each VMA besides its tables, 1 M VMAs", Goal.AtMost(96), 0.05,
            () => Reading.OfFact(BytesOfVma()));
    }

    private static double BytesOfMapping()
    {
        using var pages = new ScatteredPages(4);
        return (double)pages.Vm.File.Device.TablesInUse * PageBytes / (4UL << 30) * PageBytes;
    }

    /// <summary>Whole blocks, filled or not: of VMAs, index and lists, of the device itself, and the records of tables without the
    /// tables.</summary>
    private static double BytesOfBlocks()
    {
        using var held = new HeldBlocks();
        using BindFixture fixture = WithVmas(Vmas);
        return (double)(held.Bytes - fixture.Vm.File.Device.Memory.Pools.Sum(pool => pool.HeldBytes)) / Vmas;
    }

    private static double BytesOfVma()
    {
        // What the runtime needs to compile the way of a bind is not the VMAs'.
        using (BindFixture first = WithVmas(Vmas / 10))
            GC.KeepAlive(first);
        long before = HostMemory.ResidentBytes();
        using BindFixture fixture = WithVmas(Vmas);
        long tables = (long)fixture.Vm.File.Device.TablesInUse * PageBytes;
        return (double)(HostMemory.ResidentBytes() - before - tables) / Vmas;
    }

    private static BindFixture WithVmas(int count)
    {
        var fixture = new BindFixture(PageBytes, PageBytes, isVram: false);
        for (int i = 0; i < count; i++)
            fixture.BindAt(BindFixture.NeighbourBase + ((ulong)i * 2 * PageBytes));
        return fixture;
    }
}
