using XePt.Host;
using XePt.Memory;

namespace XePt.Native;

/// <summary>Changes that the program has announced and not made yet, by number.</summary>
/// <remarks>Any thread.</remarks>
internal static class OpenChanges
{
    private static readonly List<ChangeInFlight?> s_open = [];
    private static readonly Stack<int> s_free = [];
    private static SpinGate s_gate;

    /// <summary>Announces a change, and numbers it from 1 on.</summary>
    public static ulong Begin(CpuChangeKind kind, AddressRange range)
    {
        ChangeInFlight change = LiveProcess.Instance.Begin(kind, range);
        s_gate.Enter();
        if (!s_free.TryPop(out int place))
        {
            place = s_open.Count;
            s_open.Add(null);
        }

        s_open[place] = change;
        s_gate.Exit();
        return (ulong)place + 1;
    }

    /// <summary>Ends one; false when there is none of this number.</summary>
    public static bool TryEnd(ulong number)
    {
        ChangeInFlight? change = null;
        s_gate.Enter();
        if (number - 1 < (ulong)s_open.Count && s_open[(int)number - 1] is { } found)
        {
            change = found;
            s_open[(int)number - 1] = null;
            s_free.Push((int)number - 1);
        }

        s_gate.Exit();
        if (change is not null)
            LiveProcess.Instance.End(change);
        return change is not null;
    }
}
