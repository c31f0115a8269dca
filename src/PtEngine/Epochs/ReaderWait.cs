using XePt.Memory;

namespace XePt.Epochs;

/// <summary>Somebody who has unlinked tables that readers may still be in, and is told once when they have left; see
/// <see cref="EpochDomain.TellWhenReadersLeave"/>.</summary>
internal abstract class ReaderWait : IReturnable<ReaderWait>
{
    private int _isListed;
    private ReaderWait? _nextReturned;

    ref ReaderWait? IReturnable<ReaderWait>.NextReturned => ref _nextReturned;

    /// <summary>The readers have left. Any thread, perhaps inside gates: must not wait. New readers may have come, and it may come too
    /// early.</summary>
    public abstract void ReadersLeft();

    /// <summary>True for the one who is to put it on the list; otherwise it is there.</summary>
    public bool TryList() => Interlocked.Exchange(ref _isListed, 1) == 0;

    /// <summary>It was taken off the list. What its owner finds waiting after this is listed again.</summary>
    public void Unlist() => Interlocked.Exchange(ref _isListed, 0);
}
