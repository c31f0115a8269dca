using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>Which pages of memory still belong to the mapping.</summary>
internal sealed class PageOwners
{
    private readonly bool[] _isReleased = new bool[TableWorld.ForeignPage + 1];

    /// <summary>The owner takes a page back.</summary>
    public void Release(int page) => Volatile.Write(ref _isReleased[page], true);

    /// <summary>An access to a page through a translation.</summary>
    public void Use(int page)
    {
        if (Volatile.Read(ref _isReleased[page]))
            throw new BadScheduleException($"page {page} is used after its release");
    }
}
