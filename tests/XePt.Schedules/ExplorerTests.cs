using XePt.Schedules.Exploring;
using XePt.Schedules.Protocols;

namespace XePt.Schedules;

/// <summary>The explorer itself: on programs small enough to try every order of all steps it finds the same ends, and it knows the memory
/// models.</summary>
public class ExplorerTests
{
    private const int X = 0, Y = 1;

    /// <summary>Random programs of two or three threads.</summary>
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent)]
    [InlineData(MemoryModel.TotalStoreOrder)]
    [InlineData(MemoryModel.WeakStores)]
    public void Reduction_loses_no_end(MemoryModel memory)
    {
        var random = new Random(42);
        AssertSameEnds(memory, Enumerable.Range(0, 60).Select(_ => RandomProgram(random)));
    }

    /// <summary>Random programs of two threads that also wait for each other.</summary>
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent)]
    [InlineData(MemoryModel.TotalStoreOrder)]
    public void Reduction_loses_no_end_where_threads_wait(MemoryModel memory)
    {
        var random = new Random(42);
        Instruction[][] Program() => [WithGate(), WithGate()];
        Instruction[] WithGate()
        {
            var other = Instruction.Random(random, value: 3);
            return random.Next(2) == 0 ? [Instruction.CountUnderGate(X), other] : [other, Instruction.CountUnderGate(X)];
        }

        AssertSameEnds(memory, Enumerable.Range(0, 15).Select(_ => Program()));
    }

    [Fact]
    public void Independent_threads_have_one_schedule() =>
        Assert.Equal(1, Run(
            MemoryModel.SequentiallyConsistent, [Instruction.Exchange(X), Instruction.Exchange(X)], [Instruction.Exchange(Y)]).Schedules);

    [Fact]
    public void Two_threads_that_meet_once_have_two_schedules() =>
        Assert.Equal(2, Run(MemoryModel.SequentiallyConsistent, [Instruction.Exchange(X)], [Instruction.Exchange(X)]).Schedules);

    /// <summary>Both threads store and then read the other's word.</summary>
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, false, false)]
    [InlineData(MemoryModel.TotalStoreOrder, false, true)]
    [InlineData(MemoryModel.TotalStoreOrder, true, false)]
    [InlineData(MemoryModel.WeakStores, true, false)]
    public void Loads_overtake_stores(MemoryModel memory, bool hasBarrier, bool happens)
    {
        Instruction[] first = [Instruction.Store(X, 1), Instruction.Read(Y)];
        Instruction[] second = [Instruction.Store(Y, 1), Instruction.Read(X)];
        if (hasBarrier)
            (first, second) = ([first[0], Instruction.Barrier, first[1]], [second[0], Instruction.Barrier, second[1]]);
        Assert.Equal(happens, Ends(memory, [first, second], reduces: true, out _).Contains("0|0|1,1"));
    }

    /// <summary>One thread stores the message and then the flag; the other reads the flag and then the message.</summary>
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, false, false)]
    [InlineData(MemoryModel.TotalStoreOrder, false, false)]
    [InlineData(MemoryModel.WeakStores, false, true)]
    [InlineData(MemoryModel.WeakStores, true, false)]
    public void Stores_overtake_stores(MemoryModel memory, bool isRelease, bool happens)
    {
        Instruction[] send = [Instruction.Store(X, 1), isRelease ? Instruction.Release(Y, 1) : Instruction.Store(Y, 1)];
        Instruction[] receive = [Instruction.Read(Y), Instruction.Read(X)];
        Assert.Equal(happens, Ends(memory, [send, receive], reduces: true, out _).Contains("|10|1,1"));
    }

    [Fact]
    public void A_bad_schedule_is_found_and_written_down_the_same_way_each_time()
    {
        BadSchedule? first = Explorer.Explore(() => new ZapAfterJob(waits: false)).BadSchedule;
        BadSchedule? second = Explorer.Explore(() => new ZapAfterJob(waits: false)).BadSchedule;
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Equal(first.Fault, second.Fault);
        Assert.Equal(first.Steps.Select(WithoutAddresses), second.Steps.Select(WithoutAddresses));
        Assert.Contains(first.Steps, step => step.StartsWith("T0: PteBlock.Publish.cs:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_limit_of_depth_is_reported()
    {
        Findings findings = Explorer.Explore(() => new SignalAndAdd(adders: 2, hasLater: false, isSorted: false), mostSteps: 8);
        Assert.True(findings.IsCutOff);
    }

    private static void AssertSameEnds(MemoryModel memory, IEnumerable<Instruction[][]> programs)
    {
        int reduced = 0, all = 0;
        foreach (Instruction[][] program in programs)
        {
            SortedSet<string> some = Ends(memory, program, reduces: true, out Findings few);
            SortedSet<string> every = Ends(memory, program, reduces: false, out Findings many);
            Assert.Equal(every, some);
            reduced += few.Schedules;
            all += many.Schedules;
        }

        Assert.InRange(reduced, 15, all / 2);
    }

    // What was read from unmanaged pointers differs from run to run.
    private static string WithoutAddresses(string step) =>
        step.Contains("_slabs", StringComparison.Ordinal) ? step[..step.LastIndexOf(' ')] : step;

    private static Findings Run(MemoryModel memory, params Instruction[][] program)
    {
        Ends(memory, program, reduces: true, out Findings findings);
        return findings;
    }

    private static SortedSet<string> Ends(MemoryModel memory, Instruction[][] program, bool reduces, out Findings findings)
    {
        var ends = new SortedSet<string>(StringComparer.Ordinal);
        findings = Explorer.Explore(() => new TinyProgram(memory, program, ends), reduces: reduces);
        Assert.Null(findings.BadSchedule);
        Assert.False(findings.IsCutOff);
        return ends;
    }

    private static Instruction[][] RandomProgram(Random random)
    {
        var threads = new Instruction[random.Next(2, 4)][];
        for (int thread = 0; thread < threads.Length; thread++)
        {
            threads[thread] = new Instruction[threads.Length == 2 ? random.Next(2, 5) : 2];
            for (int i = 0; i < threads[thread].Length; i++)
                threads[thread][i] = Instruction.Random(random, value: (uint)((thread * 4) + i + 1));
        }

        return threads;
    }
}
