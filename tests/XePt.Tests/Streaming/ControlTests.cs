using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Where batches go on, what they skip, and what they wait for.</summary>
public sealed class ControlTests : IDisposable
{
    private const ulong Second = Code + 0x1000, Third = Code + 0x2000, Fourth = Code + 0x3000;

    private readonly StreamScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_chained_batch_goes_on_elsewhere_and_its_end_is_the_end()
    {
        _scene.Put(new BatchWords().Store(Data + 4, 2u).End(), Second);
        _scene.Run(new BatchWords().Store(Data, 1u).Jump(Second).Store(Data + 8, 3u));
        Assert.Equal((1u, 2u, 0u), (_scene[0], _scene[4], _scene[8]));
    }

    [Fact]
    public void A_second_level_batch_returns_and_may_chain_and_call_another()
    {
        _scene.Put(new BatchWords().Store(Data + 4, 2u).Jump(Third), Second);
        _scene.Put(new BatchWords().Store(Data + 8, 3u).Jump(Fourth, isSecondLevel: true).Store(Data + 16, 5u).End(), Third);
        _scene.Put(new BatchWords().Store(Data + 12, 4u).End(), Fourth);
        _scene.Run(new BatchWords().Store(Data, 1u).Jump(Second, isSecondLevel: true).Store(Data + 20, 6u));
        Assert.Equal([1u, 2u, 3u, 4u, 5u, 6u], Enumerable.Range(0, 6).Select(i => _scene[4 * (ulong)i]));
    }

    [Fact]
    public void More_than_three_levels_are_too_deep()
    {
        StreamerFailure failure = _scene.Fail(new BatchWords().Jump(Code, isSecondLevel: true));
        Assert.Equal((StreamerFailureKind.TooDeep, "MI_BATCH_BUFFER_START"), (failure.Kind, failure.Instruction));
    }

    [Theory]
    [InlineData(0, 5, 4, true)]
    [InlineData(0, 4, 4, false)]
    [InlineData(1, 4, 4, true)]
    [InlineData(1, 3, 4, false)]
    [InlineData(2, 3, 4, true)]
    [InlineData(2, 4, 4, false)]
    [InlineData(3, 4, 4, true)]
    [InlineData(3, 5, 4, false)]
    [InlineData(4, 4, 4, true)]
    [InlineData(4, 5, 4, false)]
    [InlineData(5, 5, 4, true)]
    [InlineData(5, 4, 4, false)]
    public void A_conditional_end_goes_on_if_memory_compares_and_a_semaphore_waits_until_it_does(
        uint comparison, uint memory, uint data, bool goesOn)
    {
        _scene[0] = memory;
        _scene.Run(new BatchWords().EndUnless(Data, comparison, data).Store(Data + 4, 1u));
        Assert.Equal(goesOn ? 1u : 0, _scene[4]);

        Fence waits = _scene.Submit(new BatchWords().Wait(Data, comparison, data).Store(Data + 8, 1u).End());
        Assert.Equal((goesOn, goesOn ? 1u : 0), (waits.IsSignalled, _scene[8]));
        if (!goesOn)
        {
            _scene[0] = comparison switch { 0 or 1 or 5 => 9, 2 or 3 => 0, _ => data };
            _scene.Streamer.Run();
            Assert.True(waits.IsSignalled);
        }
    }

    [Fact]
    public void A_conditional_end_that_compares_with_a_mask_takes_both_dwords()
    {
        const uint MasksMemory = 1 << 19;
        _scene.SetWide(0, 0x0000_00f3_0000_00f0);
        _scene.Run(new BatchWords().EndUnless(Data, 4, 0xf0, MasksMemory).Store(Data + 8, 1u));
        Assert.Equal(1u, _scene[8]);
        _scene.Run(new BatchWords().EndUnless(Data, 4, 0xf3, MasksMemory).Store(Data + 8, 2u));
        Assert.Equal(1u, _scene[8]);
    }

    [Fact]
    public void A_conditional_end_without_comparison_goes_on()
    {
        _scene.Run(new BatchWords().Add(0x1b00_0002, 5, (uint)Data, 0).Store(Data + 4, 1u));
        Assert.Equal(1u, _scene[4]);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1u << 18, 1u)]
    public void A_conditional_end_of_a_second_level_ends_all_or_its_own(uint flags, uint after)
    {
        _scene.Put(new BatchWords().EndUnless(Data, 5, 0, flags).Store(Data + 4, 1u).End(), Second);
        _scene.Run(new BatchWords().Jump(Second, isSecondLevel: true).Store(Data + 8, 1u));
        Assert.Equal((0u, after), (_scene[4], _scene[8]));
    }

    [Fact]
    public void A_semaphore_may_look_at_a_register()
    {
        Fence fence = _scene.Submit(new BatchWords().Load(General(0), 3).Add(0x0e01_c002, 3, 0x2000 + General(0), 0).Store(Data, 1u).End());
        Assert.Equal((true, 1u), (fence.IsSignalled, _scene[0]));
    }

    /// <summary>Drivers ask for it by writing 1, and wait for 0.</summary>
    [Theory]
    [InlineData(0x4208)]
    [InlineData(0x4218)]
    [InlineData(0x4228)]
    [InlineData(0x4238)]
    [InlineData(0x4248)]
    [InlineData(0x42c8)]
    public void An_invalidation_of_auxiliary_tables_is_done_at_once(uint register)
    {
        Fence fence = _scene.Submit(
            new BatchWords().Add(0x1100_0001, register, 0x101, 0x0e01_c002, 0x100, register, 0).Store(Data, 1u).End());
        Assert.Equal((true, 1u), (fence.IsSignalled, _scene[0]));
        // Others keep it.
        Fence waits = _scene.Submit(
            new BatchWords().Add(0x1100_0001, register + 4, 1, 0x0e01_c002, 0, register + 4, 0).Store(Data, 2u).End());
        Assert.Equal((false, 1u), (waits.IsSignalled, _scene[0]));
    }

    [Fact]
    public void A_semaphore_of_five_dwords_is_one()
    {
        _scene.Run(new BatchWords().Add(0x0e00_c003, 0, (uint)Data, 0, 0).Store(Data + 4, 1u));
        Assert.Equal(1u, _scene[4]);
    }

    [Theory, Rule("RN-066")]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_predicated_store_stores_if_the_result_is_set(uint compare, bool isSet)
    {
        _scene.Run(new BatchWords().Load(General(0), 5).Predicate(2, 0, compare).StoreRegister(General(0), Data, isPredicated: true)
            .StoreRegister(Result, Data + 4));
        Assert.Equal((isSet ? 5u : 0, isSet ? 1u : 0), (_scene[0], _scene[4]));
    }

    [Fact, Rule("RN-066")]
    public void Predicates_compare_combine_and_load_as_a_table_says()
    {
        foreach (ulong a in new ulong[] { 7, 0x1_0000_0007 })
        {
            foreach (ulong data in new ulong[] { 0, 0x1_0000_0000 })
            {
                for (uint i = 0; i < 2 * 4 * 4 * 4; i++)
                    Check(old: (i & 1) != 0, compare: (i >> 1) & 3, combine: (i >> 3) & 3, load: (i >> 5) & 3, a, data);
            }
        }
    }

    private void Check(bool old, uint compare, uint combine, uint load, ulong a, ulong data)
    {
        _scene.Run(new BatchWords().Load(Result, old ? 1u : 0)
            .Load(Source0, (uint)a).Load(Source0 + 4, (uint)(a >> 32)).Load(Source1, 7).Load(Source1 + 4, 0)
            .Load(Delta, (uint)data).Load(Delta + 4, (uint)(data >> 32))
            .Predicate(load, combine, compare).StoreRegister(Result, Data));
        bool compared = compare switch { 0 => true, 1 => false, 2 => a == 7, _ => a - 7 == data };
        bool combined = combine switch { 0 => compared, 1 => old && compared, 2 => old || compared, _ => old != compared };
        bool expected = load switch { 2 => combined, 3 => !combined, _ => old };
        Assert.Equal((old, compare, combine, load, expected), (old, compare, combine, load, _scene[0] == 1));
    }

    [Theory, Rule("RN-066")]
    [InlineData(0, false, false, true)]
    [InlineData(1, false, false, false)]
    [InlineData(1, false, true, true)]
    [InlineData(2, false, true, false)]
    [InlineData(2, false, false, true)]
    [InlineData(3, false, false, false)]
    [InlineData(3, true, false, true)]
    [InlineData(4, true, false, false)]
    [InlineData(4, false, false, true)]
    [InlineData(15, true, true, false)]
    public void Set_predicate_makes_what_follows_do_nothing_until_the_next(uint when, bool result, bool result2, bool isDone)
    {
        _scene.Run(new BatchWords().Load(Result, result ? 1u : 0).Load(Result2, result2 ? 1u : 0)
            .SetPredicate(when).Store(Data, 1u).Add(0x7a00_0004, 1 << 14, (uint)Data + 8, 0, 1, 0).SetPredicate(0).Store(Data + 4, 1u));
        Assert.Equal((isDone ? 1u : 0, 1u, isDone ? 1u : 0), (_scene[0], _scene[4], _scene[8]));
    }

    [Theory, Rule("RN-066")]
    [InlineData("tgl", true)]
    [InlineData("tgl", false)]
    [InlineData("dg2", true)]
    [InlineData("dg2", false)]
    [InlineData("bmg", true)]
    [InlineData("bmg", false)]
    public void A_predicated_jump_is_taken_if_its_condition_holds(string platform, bool holds)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? found));
        using var scene = new StreamScene(found, engine: EngineClass.Render);
        bool isOld = found.GraphicsVerx100 < 1250;
        scene.Put(new BatchWords().SetPredicate(0).Store(Data, 2u).End(), Second);
        var words = new BatchWords().Load(isOld ? Result1 : Result, holds ? 1u : 0);
        if (!isOld)
            words.SetPredicate(3);
        scene.Run(words.Jump(Second, isPredicated: true).SetPredicate(0).Store(Data, 1u));
        Assert.Equal(holds ? 2u : 1, scene[0]);
    }

    [Fact, Rule("RN-066")]
    public void Ends_and_unpredicated_jumps_are_done_all_the_same()
    {
        _scene.Put(new BatchWords().Store(Data, 1u).End(), Second);
        Fence fence = _scene.Submit(new BatchWords().SetPredicate(15).Jump(Second));
        Assert.Equal((true, Errno.Ok, 0u), (fence.IsSignalled, fence.Error, _scene[0]));
        // And the predicate went with the batch.
        _scene.Run(new BatchWords().Store(Data, 3u));
        Assert.Equal(3u, _scene[0]);
    }

    [Fact]
    public void A_batch_that_changes_itself_runs_as_it_was_changed()
    {
        _scene.Run(new BatchWords().Store(Code + 32 + 12, 9u).Add(0, 0, 0, 0).Store(Data, 1u));
        Assert.Equal(9u, _scene[0]);
    }
}
