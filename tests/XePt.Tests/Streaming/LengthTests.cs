using XePt.Streaming;
using XePt.Uapi;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>How long an instruction is, and what it is called (RN-067).</summary>
public class LengthTests
{
    /// <summary>The table of specification 05 section 5.</summary>
    [Theory, Rule("RN-067")]
    [InlineData("MI_NOOP", 0x0000_0000, 1)]
    [InlineData("MI_ARB_CHECK", 0x0280_0000, 1)]
    [InlineData("MI_MEM_FENCE", 0x0480_0003, 1)]
    [InlineData("MI_BATCH_BUFFER_END", 0x0500_0000, 1)]
    [InlineData("MI_MATH", 0x0d00_0003, 5)]
    [InlineData("MI_SEMAPHORE_WAIT", 0x0e00_0002, 4)]
    [InlineData("MI_STORE_DATA_IMM", 0x1000_0002, 4)]
    [InlineData("MI_STORE_DATA_IMM", 0x1020_0003, 5)]
    [InlineData("MI_LOAD_REGISTER_IMM", 0x1100_0001, 3)]
    [InlineData("MI_STORE_REGISTER_MEM", 0x1200_0002, 4)]
    [InlineData("MI_FLUSH_DW", 0x1300_0003, 5)]
    [InlineData("MI_LOAD_REGISTER_REG", 0x1500_0001, 3)]
    [InlineData("MI_ATOMIC", 0x1780_0501, 3)]
    [InlineData("MI_BATCH_BUFFER_START", 0x1880_0101, 3)]
    [InlineData("MI_CONDITIONAL_BATCH_BUFFER_END", 0x1b00_0002, 4)]
    [InlineData("XY_FAST_COPY_BLT", 0x5080_0008, 10)]
    [InlineData("MEM_COPY", 0x5680_0008, 10)]
    [InlineData("MEM_SET", 0x56c0_0005, 7)]
    [InlineData("PIPE_CONTROL", 0x7a00_0004, 6)]
    public void The_table_of_the_specification(string name, uint header, int length)
    {
        Assert.Equal((name, length), (InstructionTable.NameOf(header), InstructionLength.Of(header)));
        Assert.NotNull(InstructionTable.Find(header)!.Run);
    }

    [Theory, Rule("RN-067")]
    [InlineData("MI_SUSPEND_FLUSH", 0x0580_0000 | 0x7f, false, 1)]
    [InlineData("MI_STORE_DATA_INDEX", 0x1080_0001, false, 3)]
    [InlineData("MI 0x25", 0x1280_0007, false, 9)]
    [InlineData("2D 0x7f", 0x5fc0_0003, false, 5)]
    [InlineData("STATE_BASE_ADDRESS", 0x6101_0014, false, 22)]
    [InlineData("PIPELINE_SELECT", 0x6904_0302, false, 1)]
    [InlineData("COMPUTE_WALKER", 0x7209_0126, false, 40)]
    [InlineData("CFE_STATE", 0x7200_0004, false, 6)]
    [InlineData("MEDIA_OBJECT", 0x7100_0101, false, 0x103)]
    [InlineData("MFX_AVC_IMG_STATE", 0x7100_0113, true, 0x115)]
    [InlineData("SFC_STATE", 0x7501_0020, true, 0x22)]
    [InlineData("3DPRIMITIVE", 0x7b00_0105, false, 7)]
    [InlineData("3D 0x78ff", 0x78ff_0003, false, 5)]
    [InlineData("RESOURCE_BARRIER", 0xac00_0003, false, 5)]
    public void What_is_stepped_over_has_a_name_and_a_length(string name, uint header, bool isVideo, int length)
    {
        Assert.Equal((name, length), (InstructionTable.NameOf(header, isVideo), InstructionLength.Of(header, isVideo)));
        Assert.Null(InstructionTable.Find(header)?.Run);
    }

    [Fact]
    public void Media_engines_step_over_their_own_commands()
    {
        using var scene = new StreamScene(engine: EngineClass.VideoDecode);
        scene.Run(new BatchWords().Add(0x7100_0113).Add(new uint[0x114]).Add(0x7501_0020).Add(new uint[0x21]).Store(Data, 1u));
        Assert.Equal(["MFX_AVC_IMG_STATE", "SFC_STATE"], scene.Streamer.SteppedOver.Keys.Order());
        Assert.Equal(1u, scene[0]);
    }
}
