namespace XePt.Streaming;

/// <summary>How long an instruction is, from its header alone (RN-067).</summary>
internal static class InstructionLength
{
    private const int Mi = 0, Blit = 2, Render = 3, Barrier = 5;

    // MI commands below are of one dword.
    private const uint FirstLongMi = 0x10;

    private const uint StoreDataImm = 0x20, Clflush = 0x27, FlushDw = 0x26;
    private const uint VfStatistics = 0x780b, PipelineSelectOld = 0x6104;

    /// <summary>Dwords of the instruction; 0 when the header begins none.</summary>
    /// <param name="header">Its first dword.</param>
    /// <param name="isVideo">It is for a media engine.</param>
    public static int Of(uint header, bool isVideo = false) => (header >> 29) switch
    {
        Mi => OfMi(header),
        Blit or Barrier => (int)(header & 0xff) + 2,
        Render => OfRender(header, isVideo),
        _ => 0,
    };

    private static int OfMi(uint header)
    {
        uint opcode = header >> 23;
        return opcode switch
        {
            < FirstLongMi => 1,
            StoreDataImm or Clflush => (int)(header & 0x3ff) + 2,
            FlushDw => (int)(header & 0x3f) + 2,
            _ => (int)(header & 0xff) + 2,
        };
    }

    /// <summary>Bits 28:27 say which pipeline, 26:24 the group of commands.</summary>
    private static int OfRender(uint header, bool isVideo)
    {
        int group = (int)(header >> 24) & 7;
        int eight = (int)(header & 0xff) + 2;
        return ((header >> 27) & 3) switch
        {
            0 => header >> 16 == PipelineSelectOld ? 1 : group < 2 ? eight : 0,
            1 => group < 2 ? 1 : 0,
            2 => OfMedia(header, group, isVideo),
            _ => header >> 16 == VfStatistics ? 1 : group < 4 ? eight : 0,
        };
    }

    /// <summary>The commands of media engines are longer. Those of the old media pipeline are, too; the compute engine's have flags
    /// there.</summary>
    private static int OfMedia(uint header, int group, bool isVideo) => (group, isVideo) switch
    {
        (_, true) => (int)(header & 0xfff) + 2,
        (0 or 2, false) => (int)(header & 0xff) + 2,
        (1, false) => (int)(header & 0xffff) + 2,
        _ => 0,
    };
}
