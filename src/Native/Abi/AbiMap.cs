using XePt.Uapi;

namespace XePt.Native;

/// <summary>What the engine says, as the structs of the ABI say it.</summary>
internal static class AbiMap
{
    public static TranslationInfo Of(in Translation from) => new()
    {
        Va = from.Va,
        Entry = from.Entry,
        Address = from.Address,
        PageSize = from.PageSize,
        Status = (byte)from.Status,
        Level = from.Level,
        Flags = (byte)((from.IsWritable ? LeafFlags.Writable : 0) | (from.IsDeviceMemory ? LeafFlags.DeviceMemory : 0)
            | (from.IsCompact ? LeafFlags.Compact : 0) | (from.Status == TranslationStatus.Null ? LeafFlags.Null : 0)),
        Format = (byte)from.Format,
    };

    public static WalkStepInfo Of(WalkStep from) =>
        new() { EntryAddress = from.EntryAddress, Entry = from.Entry, Level = (uint)from.Level };

    public static VmaEntry Of(VmaInfo from) => new()
    {
        Start = from.Range.Start,
        End = from.Range.End,
        Offset = from.Offset,
        BoNumber = (uint)from.BoNumber,
        Kind = (uint)from.Kind,
        Flags = (uint)((from.IsNull ? VmaEntryFlags.Null : 0) | (from.IsReadOnly ? VmaEntryFlags.ReadOnly : 0)
            | (from.IsDumpable ? VmaEntryFlags.Dumpable : 0) | (from.IsAutoreset ? VmaEntryFlags.Autoreset : 0)
            | (from.MayEnableAtomics ? VmaEntryFlags.MayEnableAtomics : 0) | (from.IsStale ? VmaEntryFlags.Stale : 0)),
        PageSizes = (uint)from.PageSizes,
        PatIndex = from.PatIndex,
        DefaultPatIndex = from.DefaultPatIndex,
        Atomic = (uint)from.Atomic,
        TileMask = from.TileMask,
        TilePresent = from.TilePresent,
        TileStaged = from.TileStaged,
        TileInvalidated = from.TileInvalidated,
    };

    public static MappingEntry Of(MappingRun from) => new()
    {
        Start = from.Range.Start,
        End = from.Range.End,
        Entry = from.Entry,
        LeafSize = from.LeafSize,
        Level = (uint)from.Level,
        Flags = (uint)((from.IsCompact ? LeafFlags.Compact : 0) | (from.IsNull ? LeafFlags.Null : 0)),
    };

    public static AccessResult Of(in GpuAccess from) => new()
    {
        Status = (uint)from.Status,
        Error = (int)from.Error,
        Bytes = (uint)from.Bytes,
        ScratchBytes = (uint)from.ScratchBytes,
        Faults = (uint)from.Faults,
        Last = Of(from.Last),
    };

    /// <exception cref="XeptException">There is no such operation, or no word of this size.</exception>
    public static GpuAtomic Of(in AtomicOp from)
    {
        var operation = (GpuAtomicOperation)from.Operation;
        if (from.Operation > byte.MaxValue || !Enum.IsDefined(operation) || from.Size is not (4 or 8))
            throw new XeptException(Errno.EINVAL, $"no atomic operation {from.Operation} on {from.Size} bytes");
        return from.Size == 4
            ? GpuAtomic.On32(operation, (uint)from.Operand, (uint)from.Comparand) : GpuAtomic.On64(operation, from.Operand, from.Comparand);
    }

    public static GpuFault Of(in FaultInfo from) => new()
    {
        PageAddress = from.PageAddress,
        Gt = (int)from.Gt,
        Asid = from.Asid,
        Access = (GpuAccessKind)from.Access,
        Type = from.Type,
        Level = from.Level,
        EngineClass = from.EngineClass,
        EngineInstance = from.EngineInstance,
        VirtualFunction = from.VirtualFunction,
        ProducerData = from.ProducerData,
    };

    public static FaultInfo Of(in GpuFault from) => new()
    {
        PageAddress = from.PageAddress,
        Gt = (uint)from.Gt,
        Asid = from.Asid,
        Access = (byte)from.Access,
        Type = from.Type,
        Level = from.Level,
        EngineClass = from.EngineClass,
        EngineInstance = from.EngineInstance,
        VirtualFunction = from.VirtualFunction,
        ProducerData = from.ProducerData,
    };
}
