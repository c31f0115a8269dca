using XePt.Memory;

namespace XePt.Epochs;

/// <summary>What the VMs of a device share about the tables of one tile.</summary>
/// <param name="Pool">The pages.</param>
/// <param name="Epochs">When they may be reused.</param>
internal sealed record TableStore(PageTablePool Pool, EpochDomain Epochs);
