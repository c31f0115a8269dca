using System.Diagnostics.Tracing;
using System.Globalization;
using XePt.Diagnostics;

namespace XePt.Bench;

/// <summary>What the recorder costs (P11): binds and unbinds with it on against the same with it off, in turn, round after round, in time
/// of the thread. <c>XePt.Bench recorder [ROUNDS]</c>. That it costs nothing while it is off is counted: <c>bench/count.sh</c>.</summary>
internal static class RecorderRatios
{
    private const int WarmUp = 40;
    private const ulong Size4K = 4 << 10;

    public static void Run(int rounds)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Console.WriteLine($"{"ns, off",12} {"best ÷",8} {"p25 ÷",8} {"managed",8}");
        foreach ((ulong size, string text, int pairs) in ((ulong, string, int)[])
            [(Size4K, "4K", 2048), (64 << 10, "64K", 2048), (2 << 20, "2M as 4K", 256)])
        {
            Compare(rounds, size, $"bind + unbind {text}, recorded", pairs, EventLevel.Informational);
            Compare(rounds, size, $"bind + unbind {text}, recorded with all stages", pairs, EventLevel.Verbose);
        }
    }

    private static void Compare(int rounds, ulong size, string name, int pairs, EventLevel level)
    {
        var fixture = new BindFixture(size, Size4K, isVram: false);
        fixture.KeepTable();
        XeRecorder recorder = fixture.Vm.File.Device.Recorder;
        var off = new RatioLine("off", pairs, recorder.Stop, Pairs);
        var on = new RatioLine(name, pairs, () => recorder.Start(records: 1 << 12, level), Pairs);
        for (int round = -WarmUp; round < rounds; round++)
        {
            off.Round(counts: round >= 0);
            on.Round(counts: round >= 0);
        }

        Console.WriteLine(
            $"{off.At(0),12:F1} {on.At(0) / off.At(0),8:F3} {on.At(0.25) / off.At(0.25),8:F3} {on.Bytes,6} B  {name}");

        void Pairs()
        {
            for (int i = 0; i < pairs; i++)
            {
                fixture.Bind();
                fixture.Unbind();
            }
        }
    }
}
