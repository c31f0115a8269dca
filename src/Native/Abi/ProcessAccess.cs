namespace XePt.Native;

/// <summary>How devices reach the memory of this process, where a program knows a better way than to have the system copy: words of 4 and 8
/// bytes that are aligned must move as a whole, and what is not there must do no harm. Called on any thread; must not call the
/// library.</summary>
[CType("xept_process_access_options")]
internal unsafe struct ProcessAccess
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Must be 0.</summary>
    public uint Reserved;

    /// <summary>Reads bytes: 0, or not 0 when any of them is not readable.</summary>
    [CParameters("into", "address", "bytes")]
    public delegate* unmanaged<void*, ulong, ulong, int> Read;

    /// <summary>Writes bytes: 0, or not 0 when any of them is not writable.</summary>
    [CParameters("address", "from", "bytes")]
    public delegate* unmanaged<ulong, ConstBytes*, ulong, int> Write;

    /// <summary>Puts an aligned word of 4 or 8 bytes in place of an expected one, and says what was there: 0, or not 0 when it is not
    /// writable.</summary>
    [CParameters("address", "bytes", "expected", "desired", "found")]
    public delegate* unmanaged<ulong, uint, ulong, ulong, void*, int> CompareExchange;
}
