namespace XePt.Memory;

/// <summary>A block of device-physical memory, <c>[Address, Address + Size)</c>, in bytes.</summary>
internal readonly record struct MemoryBlock(ulong Address, ulong Size);
