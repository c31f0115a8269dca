using XePt.Memory;

namespace XePt.Epochs;

/// <summary>Somebody who has unlinked tables that readers may still be in, and is told once when they have left; see
/// <see cref="EpochDomain.TellWhenReadersLeave"/>.</summary>
internal interface IReaderWait : IReturnable<IReaderWait>
{
    /// <summary>The readers have left, and the domain does not know the waiting one any more. Any thread, perhaps inside gates: must not
    /// wait. New readers may have come, and it may come too early.</summary>
    void ReadersLeft();
}
