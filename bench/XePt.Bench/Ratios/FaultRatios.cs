using System.Globalization;

namespace XePt.Bench;

/// <summary>What faults on mirrors cost against a bind and unbind of 64 KiB (P14): all lines in turn, round after round, in time of the
/// thread. <c>XePt.Bench ratios [ROUNDS [PART-OF-A-NAME]]</c>.</summary>
internal static class FaultRatios
{
    private const ulong Size4K = 4 << 10;
    private const ulong Size64K = 64 << 10;
    private const ulong Size2M = 2 << 20;
    private const int WarmUp = 40;

    /// <param name="rounds">Rounds that count.</param>
    /// <param name="part">Part of the names of the lines that are wanted beside the first; all without one.</param>
    public static void Run(int rounds, string part)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        RatioLine[] lines = [Binds(), .. Lines().Where(line => line.Name.Contains(part)).Select(line => line.Make(line.Name))];
        for (int round = -WarmUp; round < rounds; round++)
        {
            foreach (RatioLine line in lines)
                line.Round(counts: round >= 0);
        }

        Console.WriteLine($"{"ns, best",12} {"ns, p25",12} {"best ÷",8} {"p25 ÷",8} {"managed",8}");
        foreach (RatioLine line in lines)
        {
            Console.WriteLine($"{line.At(0),12:F1} {line.At(0.25),12:F1} {line.At(0) / lines[0].At(0),8:F2} "
                + $"{line.At(0.25) / lines[0].At(0.25),8:F2} {line.Bytes,6} B  {line.Name}");
        }
    }

    private static RatioLine Binds()
    {
        const int Pairs = 512;
        var fixture = new BindFixture(Size64K, Size64K, isVram: false);
        // A table that stays is what the ranges of one table have too, but for the first.
        fixture.KeepTable();
        return new RatioLine("bind + unbind 64K", Pairs, () => { }, () =>
        {
            for (int i = 0; i < Pairs; i++)
            {
                fixture.Bind();
                fixture.Unbind();
            }
        });
    }

    private static IEnumerable<(string Name, Func<string, RatioLine> Make)> Lines()
    {
        foreach ((ulong size, string text, int count) in ((ulong, string, int)[])
            [(Size4K, "4K", 512), (Size64K, "64K", 512), (Size2M, "2M", 32)])
        {
            foreach (bool migrates in (bool[])[false, true])
            {
                string where = migrates ? "migrated for nothing" : "system memory";
                yield return ($"first touch {text}, {where}", name => FirstTouch(name, new MirrorFixture(size, count, migrates), count));
                yield return (
                    $"invalidate + refault {text}, {where}", name => Again(name, new MirrorFixture(size, count, migrates), count));
            }
        }

        yield return ("already valid 64K", Valid);
        foreach (bool migrates in (bool[])[false, true])
        {
            string where = migrates ? "migrated for nothing" : "system memory";
            yield return ($"prefetch 64M, {where}", name => Prefetch(name, migrates, isNew: true));
            yield return ($"prefetch 64M, there already, {where}", name => Prefetch(name, migrates, isNew: false));
        }

        yield return ("mirror bind of all addresses, 512 ranges", BindMirror);
        foreach (int others in (int[])[1_000, 1_000_000])
            yield return ($"first touch 4K among {others} ranges", name => Growth(name, others));
    }

    private static RatioLine FirstTouch(string name, MirrorFixture fixture, int count)
    {
        fixture.Populate();
        return new RatioLine(name, count, fixture.Renew, fixture.Touch);
    }

    private static RatioLine Again(string name, MirrorFixture fixture, int count)
    {
        fixture.Populate();
        fixture.Touch();
        return new RatioLine(name, count, () => { }, fixture.InvalidateAndTouch);
    }

    private static RatioLine Valid(string name)
    {
        const int Count = 512;
        var fixture = new MirrorFixture(Size64K, Count, migrates: false);
        fixture.Populate();
        fixture.Touch();
        return new RatioLine(name, Count, () => { }, fixture.Touch);
    }

    private static RatioLine Prefetch(string name, bool migrates, bool isNew)
    {
        const int Pieces = 32;
        uint region = migrates ? 1u : 0;
        var fixture = new MirrorFixture(Size2M, Pieces, migrates);
        fixture.Populate();
        fixture.Prefetch(region);
        return new RatioLine(name, 1, isNew ? fixture.Renew : () => { }, () => fixture.Prefetch(region));
    }

    private static RatioLine BindMirror(string name)
    {
        const int Count = 512;
        var fixture = new MirrorFixture(Size64K, Count, migrates: false);
        fixture.Populate();
        fixture.Touch();
        return new RatioLine(name, Count, () => { }, () =>
        {
            for (int i = 0; i < Count; i++)
                fixture.BindMirror();
        });
    }

    private static RatioLine Growth(string name, int others)
    {
        const int Count = 256;
        return FirstTouch(name, new MirrorFixture(Size4K, Count, migrates: false, others), Count);
    }
}
