namespace XePt.Svm;

/// <summary>Lets many migrations into device memory go on, or one alone that must not be disturbed (SVM-078).</summary>
/// <remarks>Concurrency: one word, the number inside or -1. Who is inside waits for nobody, so those who wait here get in. They spin, then
/// yield.</remarks>
internal sealed class MigrationGate
{
    private const int Alone = -1;

    private int _inside;

    public void Enter(bool alone)
    {
        for (var spin = default(SpinWait); !TryEnter(alone);)
            spin.SpinOnce();
    }

    public void Exit(bool alone)
    {
        if (alone)
            Volatile.Write(ref _inside, 0);
        else
            Interlocked.Decrement(ref _inside);
    }

    private bool TryEnter(bool alone)
    {
        int inside = Volatile.Read(ref _inside);
        return alone ? inside == 0 && Interlocked.CompareExchange(ref _inside, Alone, 0) == 0
            : inside != Alone && Interlocked.CompareExchange(ref _inside, inside + 1, inside) == inside;
    }
}
