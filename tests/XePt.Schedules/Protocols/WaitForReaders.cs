using XePt.Epochs;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>Somebody waits for readers to leave while one comes and leaves, or two leave at the same time. Whoever leaves last tells it, so
/// that what it had
/// unlinked is freed although nobody calls again.</summary>
/// <remarks>The epoch domain is production code. Pins reach memory at once here: the fence of all processors that the waiting side passes,
/// and the explorer does not
/// know, is what makes that so.</remarks>
public sealed unsafe class WaitForReaders : Protocol
{
    private sealed class Wait(WaitForReaders owner) : ReaderWait
    {
        public override void ReadersLeft()
        {
            owner._epochs.Advance();
            // A reader that was about to pin an old epoch may have come meanwhile.
            if (owner._stamp < owner._epochs.SafeBefore(out _))
                owner._isFreed = true;
            else
                owner._epochs.TellWhenReadersLeave(this);
        }
    }

    private readonly EpochDomain _epochs = new();
    private readonly nint[] _pins;
    private long _stamp;
    private bool _isFreed;

    /// <param name="pinned">Readers that have pinned before and only leave; 0 for one that comes and leaves.</param>
    public WaitForReaders(int pinned) => _pins = [.. Enumerable.Range(0, pinned).Select(_ => (nint)_epochs.Enter())];

    public override IReadOnlyList<Action> Threads =>
        [Unlink, .. _pins.Select(pin => new Action(() => _epochs.Exit((long*)pin))).DefaultIfEmpty(Read)];

    public override void CheckEnd() => Require(_isFreed, "freed in the end");

    private void Unlink()
    {
        _stamp = _epochs.Current;
        _epochs.TellWhenReadersLeave(new Wait(this));
    }

    private void Read()
    {
        long* pin = _epochs.Enter();
        _epochs.Exit(pin);
    }
}
