using XePt.Memory;

namespace XePt.Fences;

/// <summary>Something a VM has put off: until a fence signals, a TLB acknowledges or a job is over. Whoever brings that about hands it to
/// <see cref="LaterList.Ripen"/>.</summary>
internal interface ILater : IReturnable<ILater>
{
    /// <summary>Gives back what it holds, inside the VM; or hangs on the next thing it waits for, and then becomes ripe once
    /// more.</summary>
    void Settle();
}
