using XePt.Fences;
using XePt.Memory;

namespace XePt;

// What the driver tells of an open file (its fdinfo).
public sealed partial class XeFile
{
    /// <summary>What the client's buffer objects have of memory: objects without any first, then region by region.</summary>
    /// <remarks>Any thread; while others make calls each object counts as it is when it is looked at.</remarks>
    public IReadOnlyList<RegionUsage> MemoryUsage
    {
        get
        {
            var usage = new RegionUsage[Device.Memory.Regions.Length + 1];
            for (int i = 0; i < usage.Length; i++)
                usage[i] = new RegionUsage(i - 1, 0, 0, 0, 0);
            (uint Handle, BufferObject Item)[] bos = [.. _bos.Items];
            ILookup<BufferObject, uint> handles = bos.ToLookup(entry => entry.Item, entry => entry.Handle);
            foreach ((_, BufferObject bo) in bos)
            {
                int region = bo.Place?.Region ?? -1;
                Count(ref usage[region + 1], bo, handles[bo].Skip(1).Any());
            }

            return usage;
        }
    }

    private void Count(ref RegionUsage usage, BufferObject bo, bool hasSeveralHandles)
    {
        bool isShared = hasSeveralHandles || bo.Shared is not null || bo.Origin is not null;
        bool isResident = bo.Place is not null;
        usage = usage with
        {
            Total = usage.Total + bo.Size,
            Shared = usage.Shared + (isShared ? bo.Size : 0),
            Resident = usage.Resident + (isResident ? bo.Size : 0),
            Active = usage.Active + (isResident && IsBusy(bo) ? bo.Size : 0),
        };
    }

    private bool IsBusy(BufferObject bo) => Device.ReservationOf(bo) is { } reservation && !reservation.IsIdle(FenceUsage.Bookkeep);
}
