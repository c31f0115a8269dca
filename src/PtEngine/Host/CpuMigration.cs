namespace XePt.Host;

/// <summary>What a migration collects (HST-008).</summary>
/// <param name="Owner">Device pages of this owner; null collects none by owner.</param>
/// <param name="Block">Only device pages of this block; null when it does not matter.</param>
/// <param name="TakesSystem">System pages that are not pinned.</param>
/// <param name="TakesAbsent">Absent pages of anonymous memory, which count as collected and empty (SVM-076).</param>
public readonly record struct CpuCollectKinds(object? Owner, DeviceBlock? Block, bool TakesSystem, bool TakesAbsent)
{
    /// <summary>Everything that can go into device memory of an owner.</summary>
    public static CpuCollectKinds ToDevice(object owner) => new(owner, null, TakesSystem: true, TakesAbsent: true);

    /// <summary>The pages of one block, to bring them to system memory.</summary>
    public static CpuCollectKinds OfBlock(DeviceBlock block) => new(null, block, TakesSystem: false, TakesAbsent: false);
}

/// <summary>
/// A migration between collecting pages and installing others in their place (HST-008, HST-009): what is collected is locked until then.
/// Its owner uses it again and again.
/// </summary>
/// <remarks>Concurrency: one thread. The address space knows it while pages are collected.</remarks>
public sealed class CpuMigration
{
    /// <summary>The interval; empty when a block is collected.</summary>
    public AddressRange Range { get; private set; }

    /// <summary>The pages that were collected, and nothing else: absent ones are empty. In address order; for a block, in its
    /// order.</summary>
    public CpuPageList Sources { get; } = new();

    /// <summary>The frames that take the place of <see cref="Sources"/>, page for page, after
    /// <see cref="ICpuAddressSpace.PrepareFrames"/>.</summary>
    public CpuPageList Frames { get; } = new();

    /// <summary>For the host alone: tells this migration from others while pages are collected; 0 before and after.</summary>
    public int HostNumber { get; set; }

    /// <summary>Every page of the interval is collected.</summary>
    public bool IsComplete => Sources.Pages == (long)(Range.Size >> 12);

    /// <summary>Address of the first collected page that is empty, or null.</summary>
    internal ulong? FirstEmpty
    {
        get
        {
            foreach (ref readonly CpuPageRun run in Sources.Runs)
            {
                if (run.Kind == CpuPageKind.Absent)
                    return run.Address;
            }

            return null;
        }
    }

    /// <summary>For the host alone: a collection begins.</summary>
    public void Begin(AddressRange range, int hostNumber)
    {
        (Range, HostNumber) = (range, hostNumber);
        Sources.Clear();
        Frames.Clear();
    }

    /// <summary>For example <c>migration of [0x1000, 0x3000): 2 pages collected</c>.</summary>
    public override string ToString() => $"migration of {Range}: {Sources.Pages} page{(Sources.Pages == 1 ? "" : "s")} collected";
}
