using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Streaming.Alu;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Small programs of the kind that drivers build from these instructions, on each generation.</summary>
public class ProgramTests
{
    public static TheoryData<string> Platforms => ["tgl", "dg2", "mtl", "lnl", "bmg", "ptl"];

    [Theory, MemberData(nameof(Platforms)), Rule("RN-066")]
    public void A_loop_counts_in_memory_and_breaks_by_a_predicated_jump(string platform)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? found));
        using var scene = new StreamScene(found, engine: EngineClass.Render);
        const ulong Out = Code + 0x800;
        bool isOld = found.GraphicsVerx100 < 1250;
        uint condition = isOld ? Result1 : Result;

        var words = new BatchWords().Store(Data, 0ul).LoadGeneral(1, 8).LoadGeneral(2, 1);
        ulong loop = Code + (ulong)words.Bytes;
        words.SetPredicate(0);
        if (isOld)
            words.Load(condition, 0);
        // Out if the count is not below 8: the borrow of the difference, inverted.
        words.LoadGeneralFrom(0, Data).Math(Load(A, 0), Load(B, 1), Of(Subtract), Of(StoreInverted, 3, Carry))
            .Add(0x150c_0001, General(3), condition);
        if (!isOld)
            words.SetPredicate(3);
        words.Jump(Out, isPredicated: true).SetPredicate(0)
            .LoadGeneralFrom(0, Data).Math(Load(A, 0), Load(B, 2), Of(Add), Store(0, Accumulator)).StoreGeneral(0, Data)
            .Add(0x1780_0501, (uint)Data + 8, 0).Jump(loop);
        scene.Put(new BatchWords().SetPredicate(0).Store(Data + 12, 1u).End(), Out);

        Fence fence = scene.Submit(words);
        while (!fence.IsSignalled && scene.Streamer.Run().HasProgressed)
        {
        }

        Assert.True(fence is { IsSignalled: true, Error: Errno.Ok }, scene.Streamer.LastFailure.ToString());
        Assert.Equal((8ul, 8u, 1u), (scene.Wide(0), scene[8], scene[12]));
    }

    [Theory, MemberData(nameof(Platforms)), Rule("RN-066")]
    public void A_product_is_a_sum_of_doubled_numbers(string platform)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? found));
        using var scene = new StreamScene(found, engine: EngineClass.Render);
        foreach (uint factor in new uint[] { 1, 3, 64, 473, 38985 })
        {
            const ulong Number = 0xdead_beef_ac0f_fee2;
            var operations = new List<uint> { Of(Load0, A), Of(Load0, B), Of(Add), Store(1, Accumulator) };
            for (int bit = 31 - System.Numerics.BitOperations.LeadingZeroCount(factor); bit >= 0; bit--)
            {
                operations.AddRange([Load(A, 1), Load(B, 1), Of(Add), Store(1, Accumulator)]);
                if ((factor >> bit & 1) != 0)
                    operations.AddRange([Load(A, 1), Load(B, 0), Of(Add), Store(1, Accumulator)]);
            }

            scene.Run(new BatchWords().LoadGeneral(0, Number).Math([.. operations]).StoreGeneral(1, Data));
            Assert.Equal(unchecked(Number * factor), scene.Wide(0));
        }
    }

    [Theory, MemberData(nameof(Platforms)), Rule("RN-066")]
    public void A_batch_resolves_an_address_in_itself_and_stores_there(string platform)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? found));
        using var scene = new StreamScene(found, engine: EngineClass.Render);
        // The address of the last store is that which the two before have written into it.
        var words = new BatchWords().LoadGeneral(0, Data + 0x40);
        ulong store = Code + (ulong)words.Bytes + (2 * 16);
        words.StoreRegister(General(0), store + 4).StoreRegister(General(0) + 4, store + 8).Store(0ul, 0x77u);
        scene.Run(words);
        Assert.Equal(0x77u, scene[0x40]);
    }
}
