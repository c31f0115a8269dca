namespace XePt.Bench.Contract;

/// <summary>
/// The floor of two calls that wait for a fence, beside the calls themselves: the interlocked operations that take part in one signal
/// running both on whatever thread, where any thread may add a wait, signal, or cancel. docs/performance.md counts them.
/// </summary>
internal sealed class HandOver
{
    // While the calls are made: nothing depends on what they read.
    private const int Given = 23;

    // While the signal goes from one to the next: where each is, is read by the one before it.
    private const int Passed = 29;

    private readonly LonelyWord[] _words = new LonelyWord[Given + Passed];

    public HandOver()
    {
        // Each word of the second kind says where the next one is.
        for (int i = 0; i < Passed; i++)
            _words[Given + i].Word = Given + i + 1;
    }

    public void Run()
    {
        for (int i = 0; i < Given; i++)
            Interlocked.Increment(ref _words[i].Word);
        for (long at = Given; at < _words.Length;)
            at = Interlocked.Add(ref _words[at].Word, 0);
    }
}
