using XePt.Uapi;

namespace XePt.Streaming;

/// <summary>Where the registers of an engine begin. What an instruction names relative to its engine, or by the addresses of the first
/// render engine with remapping, is found there.</summary>
internal static class EngineBases
{
    /// <summary>Bytes of registers that each engine has of its own.</summary>
    public const uint Size = 0x1000;

    /// <summary>The render engine's, which stand for those of the engine itself where an instruction asks for remapping.</summary>
    public const uint Render = 0x2000;

    private static readonly uint[] s_render = [Render];
    private static readonly uint[] s_copy = [
        0x2_2000, 0x3e_0000, 0x3e_2000, 0x3e_4000, 0x3e_6000, 0x3e_8000, 0x3e_a000, 0x3e_c000, 0x3e_e000];

    private static readonly uint[] s_compute = [0x1_a000, 0x1_c000, 0x1_e000, 0x2_6000];
    private static readonly uint[] s_decode = [
        0x1c_0000, 0x1c_4000, 0x1d_0000, 0x1d_4000, 0x1e_0000, 0x1e_4000, 0x1f_0000, 0x1f_4000];

    private static readonly uint[] s_enhance = [0x1c_8000, 0x1d_8000, 0x1e_8000, 0x1f_8000];
    private static readonly uint[] s_all = [.. s_render, .. s_copy, .. s_compute, .. s_decode, .. s_enhance];

    /// <summary>Address of the first register of an engine.</summary>
    public static uint Of(DrmXeEngineClassInstance engine)
    {
        uint[] bases = engine.EngineClass switch
        {
            EngineClass.Copy => s_copy,
            EngineClass.Compute => s_compute,
            EngineClass.VideoDecode => s_decode,
            EngineClass.VideoEnhance => s_enhance,
            _ => s_render,
        };
        return bases[engine.EngineInstance % bases.Length];
    }

    /// <summary>Finds the place in the registers of whatever engine an address belongs to.</summary>
    public static bool TryFind(uint address, out uint offset)
    {
        foreach (uint start in s_all)
        {
            offset = address - start;
            if (offset < Size)
                return true;
        }

        offset = 0;
        return false;
    }
}
