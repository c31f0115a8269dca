using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>Exclusive entry to a short section that calls nobody outside the engine and never waits for anything but this gate.</summary>
/// <remarks>Concurrency: one word. Entering is an interlocked exchange and so an acquire; leaving is a release store. Waiters spin, then
/// yield their time slice. No operating-system object is behind it, so nothing has to be disposed. Not reentrant.</remarks>
internal struct SpinGate
{
    private int _held;

    public readonly bool IsHeld => Volatile.Read(in _held) != 0;

    public bool TryEnter() => Interlocked.CompareExchange(ref _held, 1, 0) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (!TryEnter())
            Wait();
    }

    public void Exit() => Volatile.Write(ref _held, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Wait()
    {
        var spin = default(SpinWait);
        do
            spin.SpinOnce();
        while (IsHeld || !TryEnter());
    }
}
