using System.Runtime.CompilerServices;

namespace XePt.Schedules.Exploring;

/// <summary>
/// Shared memory as the code under test sees it. On a thread of a protocol each call is a step of the schedule; elsewhere it just does what
/// it says.
/// </summary>
public static unsafe class SharedMemory
{
    /// <summary>Reads a word.</summary>
    public static T Read<T>(ref readonly T location, in Site site)
    {
        if (Begin(StepKind.Read, new Access(Effect.Reads, AddressOf(in location)), site) is not { } machine)
            return location;

        VirtualThread self = Machine.Self!;
        T value = site.IsRaw && machine.Buffers && self.Buffer.TryForward(self.Access.Address, out ulong own)
            ? Unsafe.BitCast<ulong, T>(own)
            : location;
        End(machine, Effect.Reads, "reads", value, null);
        return value;
    }

    /// <summary>Stores a word. Raw memory goes through the thread's buffer; any other location waits until the buffer is empty, which is
    /// stronger than a processor.</summary>
    /// <param name="location">The word.</param>
    /// <param name="value">Its new value.</param>
    /// <param name="isRelease">Earlier stores come first.</param>
    /// <param name="site">Where.</param>
    public static void Write<T>(ref T location, T value, bool isRelease, in Site site)
    {
        bool isBuffered = site.IsRaw && Machine.Self is not null && Machine.Here.Buffers;
        Machine? machine = Begin(isBuffered ? StepKind.Store : StepKind.Exchange, new Access(Effect.Stores, AddressOf(in location)), site);
        if (machine is not null)
            End(machine, isBuffered ? Effect.None : Effect.Stores, isBuffered ? "puts into its buffer" : "stores", value, null);
        if (!isBuffered)
        {
            location = value;
            return;
        }

        StoreBuffer buffer = Machine.Self!.Buffer;
        if (isRelease)
            buffer.Barrier();
        buffer.Add(AddressOf(in location), Unsafe.BitCast<T, ulong>(value), Machine.Self!.Past);
    }

    /// <summary>Earlier stores of the thread come before later ones. No step: nothing happens in memory.</summary>
    public static void Release() => Machine.Self?.Buffer.Barrier();

    /// <summary>An interlocked operation.</summary>
    /// <param name="location">The word.</param>
    /// <param name="update">Its new value, from its old one and an argument.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="site">Where.</param>
    /// <returns>The old value.</returns>
    public static T Update<T, TArgument>(
        ref T location, Func<T, TArgument, (T Value, bool IsStored)> update, TArgument argument, in Site site)
    {
        Machine? machine = Begin(StepKind.Exchange, new Access(Effect.Stores, AddressOf(in location)), site);
        T before = location;
        (T after, bool isStored) = update(before, argument);
        if (isStored)
            location = after;
        if (machine is not null)
            End(machine, isStored ? Effect.Stores : Effect.Reads, isStored ? "exchanges" : "fails to exchange", before,
                isStored ? machine.Record?.Text(after) : null);
        return before;
    }

    /// <summary>A full barrier.</summary>
    public static void Fence(in Site site) => Step(StepKind.Barrier, default, site, "passes a full barrier");

    /// <summary>Goes on when another thread has stored to a word that was read since the caller's last store: what a loop does that
    /// waits.</summary>
    public static void Spin(in Site site)
    {
        if (Machine.Self is { } self && site.StoresInBetween)
            Step(StepKind.Round, new Access(Effect.Awaits, 0, [.. self.Met]), site, "has waited");
        else if (Machine.Self is not null)
            Step(StepKind.Spin, new Access(Effect.Awaits, 0, [.. Machine.Self.Watched]), site, "has waited");
    }

    /// <summary>One of several outcomes that no thread decides.</summary>
    /// <returns>0 to <paramref name="outcomes"/> - 1.</returns>
    public static int Choose(int outcomes, in Site site)
    {
        if (Machine.Self is not { } self)
            return 0;
        self.Outcome = outcomes;
        Step(StepKind.Choose, default, site, "sees an outcome");
        return self.Outcome;
    }

    private static void Step(StepKind kind, Access access, in Site site, string what)
    {
        if (Begin(kind, access, site) is { } machine)
            End(machine, access.Effect, what, "", null);
    }

    private static Machine? Begin(StepKind kind, Access access, in Site site)
    {
        if (Machine.Self is not { } self || site.IsStatistics)
            return null;
        Machine machine = Machine.Here;
        machine.Expect(self, kind, access, site);
        return machine;
    }

    private static void End<T>(Machine machine, Effect effect, string what, T value, string? after)
    {
        VirtualThread self = Machine.Self!;
        machine.HasStepped(self, effect);
        machine.Record?.Add(
            $"T{self.Index}: {self.Site}: {what} {self.Site.Expression} {machine.Record.Text(value)}"
                + (after is null ? "" : " -> " + after));
    }

    // SAFETY: only compared, except for words of unmanaged or pinned memory, which do not move.
    private static nint AddressOf<T>(ref readonly T location) => (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in location));
}
