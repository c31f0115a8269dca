namespace XePt.Svm;

/// <summary>Lets many migrations into device memory go on, or one alone that must not be disturbed (SVM-078).</summary>
/// <remarks>Concurrency: one word, the number inside or -1. Who is inside waits for nobody but for userptrs of other VMs to let go of
/// pages, so those who try again and again get in, if they do that for their own VM meanwhile
/// (<see cref="MirrorSpace.CarryOutChanges"/>).</remarks>
internal sealed class MigrationGate
{
    private const int Alone = -1;

    private int _inside;

    public bool TryEnter(bool alone)
    {
        int inside = Volatile.Read(ref _inside);
        return alone ? inside == 0 && Interlocked.CompareExchange(ref _inside, Alone, 0) == 0
            : inside != Alone && Interlocked.CompareExchange(ref _inside, inside + 1, inside) == inside;
    }

    public void Exit(bool alone)
    {
        if (alone)
            Volatile.Write(ref _inside, 0);
        else
            Interlocked.Decrement(ref _inside);
    }
}
