namespace XePt.Svm;

/// <summary>What a range is looked for, or made, for (specification 04 section 5.2).</summary>
/// <param name="Address">An address that it must contain.</param>
/// <param name="VmaStart">Start of the GPU VMA.</param>
/// <param name="VmaEnd">End of the GPU VMA.</param>
/// <param name="IsReadOnly">The GPU VMA is READONLY.</param>
/// <param name="PresenceLimit">A chunk of at most so many bytes needs all its pages present (CFG-003).</param>
/// <param name="Owner">Whose device pages count as present, or null.</param>
/// <param name="MayMigrate">The device has memory of its own.</param>
internal readonly record struct RangeRequest(
    ulong Address, ulong VmaStart, ulong VmaEnd, bool IsReadOnly, ulong PresenceLimit, object? Owner, bool MayMigrate);
