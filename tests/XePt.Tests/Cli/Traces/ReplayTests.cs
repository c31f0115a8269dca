using System.Runtime.CompilerServices;
using XePt.Cli.Console;
using XePt.Cli.Traces;

namespace XePt.Tests.Cli;

/// <summary>A replay sums up what came of its records and keeps none that is as expected.</summary>
public class ReplayTests
{
    [Fact]
    public void What_came_of_a_record_is_not_kept_where_nobody_asks()
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"VM_CREATE","as":"vm"}""",
            """{"ioctl":"VM_DESTROY","vm_id":77}""",
            """{"ioctl":"VM_CREATE","expect":{"errno":"ENOENT"}}""");
        var seen = new List<WeakReference>();
        using Replay replay = Play(trace, seen);
        GC.Collect();
        Assert.Equal([false, false, false], seen.Select(outcome => outcome.IsAlive));
        Assert.Equal((3, 1, 1), (replay.Tally.Records, replay.Tally.Checked, replay.Tally.Refused));
        UnmetRecord unmet = Assert.Single(replay.Tally.Unmet);
        Assert.Equal((4, "VM_CREATE", "VM_CREATE"), (unmet.Line, unmet.Name, unmet.Title));
        Assert.Contains("ENOENT", Assert.Single(unmet.Differences), StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_refused_calls_that_make_something_are_kept_as_causes()
    {
        var tally = new ReplayTally();
        Assert.Equal("", tally.Causes);
        for (int line = 2; line < 6; line++)
        {
            tally.Add(Refused(line, "VM_BIND"));
            tally.Add(Refused(line, "VM_CREATE"));
            Assert.Equal(
                line == 2 ? "; refused before: VM_CREATE of line 2"
                : line == 3 ? "; refused before: VM_CREATE of line 2, VM_CREATE of line 3"
                : line == 4 ? "; refused before: VM_CREATE of line 2, VM_CREATE of line 3, VM_CREATE of line 4"
                : "; refused before: VM_CREATE of line 3, VM_CREATE of line 4, VM_CREATE of line 5, and others",
                tally.Causes);
        }

        Assert.Equal((8, 8, 0), (tally.Records, tally.Refused, tally.Unmet.Count));
    }

    // In a method of its own, so that nothing of it is left on the stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Replay Play(TempFile trace, List<WeakReference> seen) => Replay.Run(
        new ReplayRequest(trace.Path, CheckExpected: true) { Look = (outcome, _) => seen.Add(new WeakReference(outcome)) },
        new Terminal(TextWriter.Null, TextWriter.Null, Screen.Plain, Screen.Plain));

    private static CallOutcome Refused(int line, string name) =>
        new(line, name, new CallResult(XePt.Uapi.Errno.EINVAL, default, 0, ""), []);
}
