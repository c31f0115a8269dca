using XePt.Generators.Events;

namespace XePt.Generators.Tests.Events;

public class EventsGeneratorTests
{
    private const string Source = Sources.Head + """
        internal struct Page
        {
            [Recorded(45, Shift = 12)] public ulong Start;
            [Recorded(45, Shift = 12, EndsInOnes = true)] public ulong End;
            [Recorded(28)] public ulong Slot;
            [Recorded(20)] public uint Asid;
            public string NewName;
            public const int None = 0;
            private int _own;
        }

        internal struct Call
        {
            [Recorded(16)] public int Error;
            [Recorded(1)] public bool IsLast;
            [Recorded(8)] public byte Tiny;
            [Recorded(8)] public ushort Small;
            [Recorded(2)] public Kind Kind;
            public long @in;
        }

        [EngineEvents("Sample-Engine")]
        internal static partial class Happenings
        {
            [EngineEvent(9, "page_made", Groups.Pages, EventLevel.Informational)]
            public static partial void Made(Watch watch, in Page fields);

            [EngineEvent(3, "CallStop", Groups.Calls, EventLevel.Verbose)]
            internal static partial void Stop(Watch @by, in Call call);

            [EngineEvent(2, "CallStart", Groups.Calls, EventLevel.Verbose)]
            internal static partial void Start(Watch watch, in Call call);

            private static void Helper() { }
        }
        """;

    [Fact]
    public void Output_is_as_recorded() => GeneratorHarness.Run(new EventsGenerator(), Source).AssertClean().AssertGolden("Sample");

    [Fact]
    public void Second_run_after_an_unrelated_edit_is_cached() => GeneratorHarness.AssertSecondRunIsCached(new EventsGenerator(), Source);

    [Fact]
    public void A_project_without_events_gets_no_output() =>
        Assert.Empty(GeneratorHarness.Run(new EventsGenerator(), "class Other;").AssertClean().Sources);
}
