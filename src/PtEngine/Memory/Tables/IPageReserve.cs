namespace XePt.Memory;

/// <summary>Pages that an owner holds back for those who may still look at them; asked when there are no others.</summary>
internal interface IPageReserve
{
    /// <summary>Returns what nobody can see any more to the owner's <see cref="PageCache"/>; perhaps nothing.</summary>
    void Look();
}
