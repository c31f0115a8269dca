using System.Collections.Frozen;

namespace XePt.Streaming;

/// <summary>
/// The instructions: header, name, what it takes and who executes it. What is not here, or has nobody, is stepped over by its length and
/// counted by its name (RN-067).
/// </summary>
internal static class InstructionTable
{
    private static readonly Instruction[] s_rows =
    [
        new("MI_NOOP", 0x0000_0000, 1, Nothing),
        new("MI_SET_PREDICATE", 0x0080_0000, 1, Predicates.Set) { IgnoresPredicate = true },
        new("MI_USER_INTERRUPT", 0x0100_0000, 1, Nothing),
        new("MI_WAIT_FOR_EVENT", 0x0180_0000),
        new("MI_WAIT_FOR_EVENT_2", 0x0200_0000),
        new("MI_ARB_CHECK", 0x0280_0000, 1, Nothing),
        new("MI_RS_CONTROL", 0x0300_0000),
        new("MI_REPORT_HEAD", 0x0380_0000),
        new("MI_ARB_ON_OFF", 0x0400_0000, 1, Nothing),
        new("MI_MEM_FENCE", 0x0480_0000, 1, Nothing),
        new("MI_BATCH_BUFFER_END", 0x0500_0000, 1, Batches.End) { IgnoresPredicate = true },
        new("MI_SUSPEND_FLUSH", 0x0580_0000),
        new("MI_PREDICATE", 0x0600_0000, 1, Predicates.Compute),
        new("MI_TOPOLOGY_FILTER", 0x0680_0000),
        new("MI_SET_APPID", 0x0700_0000),
        new("MI_RS_CONTEXT", 0x0780_0000),
        new("MI_LOAD_SCAN_LINES_INCL", 0x0900_0000),
        new("MI_LOAD_SCAN_LINES_EXCL", 0x0980_0000),
        new("MI_DISPLAY_FLIP", 0x0a00_0000),
        new("MI_SET_CONTEXT", 0x0c00_0000),
        new("MI_MATH", 0x0d00_0000, 2, MathUnit.Execute),
        new("MI_SEMAPHORE_SIGNAL", 0x0d80_0000),
        new("MI_SEMAPHORE_WAIT", 0x0e00_0000, 4, Semaphores.Wait),
        new("MI_FORCE_WAKEUP", 0x0e80_0000),
        new("MI_STORE_DATA_IMM", 0x1000_0000, 4, Stores.Immediate),
        new("MI_STORE_DATA_INDEX", 0x1080_0000),
        new("MI_LOAD_REGISTER_IMM", 0x1100_0000, 3, RegisterMoves.FromImmediates),
        new("MI_STORE_REGISTER_MEM", 0x1200_0000, 4, RegisterMoves.ToMemory),
        new("MI_FLUSH_DW", 0x1300_0000, 2, Flushes.FlushDw),
        new("MI_CLFLUSH", 0x1380_0000),
        new("MI_REPORT_PERF_COUNT", 0x1400_0000),
        new("MI_LOAD_REGISTER_MEM", 0x1480_0000, 4, RegisterMoves.FromMemory),
        new("MI_LOAD_REGISTER_REG", 0x1500_0000, 3, RegisterMoves.FromRegister),
        new("MI_RS_STORE_DATA_IMM", 0x1580_0000),
        new("MI_COPY_MEM_MEM", 0x1700_0000, 5, Stores.Copy),
        new("MI_ATOMIC", 0x1780_0000, 3, Atomics.Execute),
        new("MI_BATCH_BUFFER_START", 0x1880_0000, 3, Batches.Start) { IgnoresPredicate = true },
        new("MI_CONDITIONAL_BATCH_BUFFER_END", 0x1b00_0000, 4, Batches.EndUnless) { IgnoresPredicate = true },
        new("XY_BLOCK_COPY_BLT", 0x5040_0000, 12, SurfaceBlits.BlockCopy),
        new("XY_FAST_COPY_BLT", 0x5080_0000, 10, SurfaceBlits.FastCopy),
        new("XY_FAST_COLOR_BLT", 0x5100_0000, 11, SurfaceBlits.FastColor),
        new("XY_CTRL_SURF_COPY_BLT", 0x5200_0000),
        new("XY_COLOR_BLT", 0x5400_0000, 7, SurfaceBlits.Color),
        new("XY_SRC_COPY_BLT", 0x54c0_0000, 10, SurfaceBlits.SourceCopy),
        new("MEM_COPY", 0x5680_0000, 10, MemoryBlits.Copy),
        new("MEM_SET", 0x56c0_0000, 7, MemoryBlits.Set),
        new("PIPE_CONTROL", 0x7a00_0000, 6, Flushes.PipeControl),
    ];

    private static readonly FrozenDictionary<uint, Instruction> s_byOpcode = s_rows.ToFrozenDictionary(row => OpcodeOf(row.Header));

    /// <summary>The row of an instruction, or null.</summary>
    public static Instruction? Find(uint header) => s_byOpcode.GetValueOrDefault(OpcodeOf(header));

    /// <summary>What reports call an instruction.</summary>
    public static string NameOf(uint header, bool isVideo = false) => Find(header)?.Name ?? (header >> 29) switch
    {
        0 => $"MI 0x{header >> 23:x2}",
        2 => $"2D 0x{(header >> 22) & 0x7f:x2}",
        3 => StateNames.Find(header, isVideo) ?? $"3D 0x{header >> 16:x4}",
        _ => StateNames.Find(header, isVideo) ?? $"0x{header >> 16:x4}",
    };

    /// <summary>The bits of a header that say which instruction it is; where they end depends on the kind of command.</summary>
    private static uint OpcodeOf(uint header) => (header >> 29) switch
    {
        0 => header & 0xff80_0000,
        2 => header & 0xffc0_0000,
        _ => header & 0xffff_0000,
    };

    private static Step Nothing(Column column, ReadOnlySpan<uint> words) => Step.Next;
}
