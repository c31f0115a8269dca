using XePt.Devices;
using XePt.Streaming;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Instructions that move values between the batch, registers and memory.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly StreamScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_batch_stores_dwords_and_qwords_and_completes_its_job()
    {
        Fence fence = _scene.Submit(new BatchWords().Store(Data, 0x1234u).Noop().Store(Data + 8, 0x1122_3344_5566_7788ul).End());
        Assert.Equal((true, Errno.Ok), (fence.IsSignalled, fence.Error));
        Assert.Equal((0x1234u, 0u, 0x1122_3344_5566_7788ul), (_scene[0], _scene[4], _scene.Wide(8)));
        Assert.Equal((1L, 0L, 4L, 0), (
            _scene.Streamer.Counters.JobsCompleted, _scene.Streamer.Counters.JobsFailed, _scene.Streamer.Counters.Instructions,
            _scene.Streamer.JobCount));
    }

    [Fact]
    public void Store_data_writes_all_the_data_that_its_length_covers()
    {
        uint[] values = [.. Enumerable.Range(1, 600).Select(i => (uint)i * 0x0101)];
        _scene.Run(new BatchWords().Add(0x1000_0000 | ((uint)values.Length + 1), (uint)Data, 0).Add(values));
        Assert.All(Enumerable.Range(0, values.Length), i => Assert.Equal(values[i], _scene[4 * (ulong)i]));
        Assert.Equal(0u, _scene[4 * (ulong)values.Length]);
    }

    [Fact]
    public void Addresses_are_taken_without_their_signs_and_flags()
    {
        _scene.Vm.Map(_scene.DataBo, 0x8000_0000_0000);
        _scene.Run(new BatchWords().Add(0x1000_0002, 1, 0xffff_8000, 77));
        Assert.Equal(77u, _scene[0]);
    }

    [Fact]
    public void Copy_mem_mem_copies_one_dword()
    {
        _scene.SetWide(0, 0x1111_2222_3333_4444);
        _scene.Run(new BatchWords().CopyDword(Data + 0x104, Data + 4));
        Assert.Equal((0x1111_2222u, 0u), (_scene[0x104], _scene[0x108]));
    }

    [Fact]
    public void Load_register_imm_takes_any_number_of_pairs()
    {
        _scene.Run(new BatchWords().Add(0x1108_0005, General(1), 10, General(2), 20, General(2) + 4, 30)
            .StoreGeneral(1, Data).StoreGeneral(2, Data + 8));
        Assert.Equal((10ul, 20ul | (30ul << 32)), (_scene.Wide(0), _scene.Wide(8)));
    }

    [Fact]
    public void Registers_move_to_registers_and_memory()
    {
        _scene.SetWide(0x40, 0xdead_beef_0bad_f00d);
        _scene.Run(new BatchWords().LoadGeneralFrom(3, Data + 0x40)
            .Add(0x150c_0001, General(3), General(4) + 4).StoreGeneral(4, Data));
        Assert.Equal(0x0bad_f00dul << 32, _scene.Wide(0));
    }

    [Fact]
    public void Registers_stay_from_one_job_of_a_queue_to_the_next_and_belong_to_it_alone()
    {
        _scene.Run(new BatchWords().Load(General(7), 99));
        _scene.Run(new BatchWords().StoreRegister(General(7), Data));
        Assert.Equal(99u, _scene[0]);
        Fence other = _scene.Submit(new BatchWords().StoreRegister(General(7), Data).End(), Code, _scene.NewQueue());
        Assert.Equal((true, 0u), (other.IsSignalled, _scene[0]));
    }

    [Theory]
    [InlineData("copy", 0x2_2000)]
    [InlineData("render", 0x2000)]
    [InlineData("compute", 0x1_a000)]
    [InlineData("decode", 0x1c_0000)]
    [InlineData("enhance", 0x1c_8000)]
    public void An_engine_s_registers_are_named_relatively_absolutely_or_by_the_render_engine_s(string engine, uint start)
    {
        EngineClass found = engine switch
        {
            "copy" => EngineClass.Copy,
            "render" => EngineClass.Render,
            "compute" => EngineClass.Compute,
            "decode" => EngineClass.VideoDecode,
            _ => EngineClass.VideoEnhance,
        };
        using var scene = new StreamScene(engine: found);
        scene.Run(new BatchWords()
            .Add(0x1100_0001, start + General(0), 11)          // absolute
            .Add(0x1102_0001, 0x2000 + General(1), 22)         // remapped
            .Load(General(2), 33)                              // relative
            .StoreRegister(General(0), Data).StoreRegister(General(1), Data + 4)
            .Add(0x1200_0002, start + General(2), (uint)Data + 8, 0));
        Assert.Equal((11u, 22u, 33u), (scene[0], scene[4], scene[8]));
    }

    [Fact]
    public void Registers_of_others_read_as_they_were_written_and_are_no_general_ones()
    {
        _scene.Run(new BatchWords().Add(0x1100_0001, 0xb100, 5).Add(0x1200_0002, 0xb100, (uint)Data, 0)
            .Add(0x1100_0001, 0x2600, 6).StoreRegister(General(0), Data + 4).Add(0x1200_0002, 0xb104, (uint)Data + 8, 0));
        Assert.Equal((5u, 0u, 0u), (_scene[0], _scene[4], _scene[8]));
    }

    [Fact]
    public void Timestamps_count_the_device_s_clock_and_that_of_the_context_only_its_own_time()
    {
        _scene.Clock.Advance(1_000_000_000);
        _scene.Run(new BatchWords().StoreRegister(Timestamp, Data).StoreRegister(CtxTimestamp, Data + 4)
            .Add(0x1200_0002, 0x2358, (uint)Data + 8, 0));
        Assert.Equal((19_200_000u, 0u, 19_200_000u), (_scene[0], _scene[4], _scene[8]));

        // A second on its engine, in a loop, and another without a job.
        _scene[0x14] = 1;
        Fence spins = _scene.Submit(Spinner(Code, Data + 0x10, Data + 0x14));
        _scene.Clock.Advance(1_000_000_000);
        Assert.False(spins.IsSignalled);
        _scene[0x14] = 0;
        _scene.Streamer.Run();
        Assert.True(spins.IsSignalled);
        _scene.Clock.Advance(1_000_000_000);
        _scene.Run(new BatchWords().StoreRegister(CtxTimestamp, Data).StoreRegister(CtxTimestamp + 4, Data + 4)
            .StoreRegister(Timestamp, Data + 8));
        Assert.Equal((19_200_000ul, 57_600_000u), (_scene.Wide(0), _scene[8]));
    }

    [Fact]
    public void Time_on_engines_counts_for_the_client_by_class_while_a_job_runs_and_after_its_queue_is_gone()
    {
        XeFile other = _scene.Device.OpenFile();
        ExecQueue second = _scene.NewQueue();
        _scene[0x14] = 1;
        _scene.Submit(Spinner(Code, Data + 0x10, Data + 0x14));
        _scene.Clock.Advance(1_000_000);
        Assert.Equal(1_000_000, CommandStreamer.BusyNanoseconds(_scene.File, EngineClass.Copy));
        _scene.Submit(second, Code);
        _scene.Clock.Advance(1_000_000);
        Assert.Equal(3_000_000, CommandStreamer.BusyNanoseconds(_scene.File, EngineClass.Copy));

        _scene[0x14] = 0;
        _scene.Streamer.Run();
        Assert.Equal(0, _scene.Streamer.JobCount);
        _scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = second.Id });
        _scene.Clock.Advance(1_000_000);
        Assert.Equal(3_000_000, CommandStreamer.BusyNanoseconds(_scene.File, EngineClass.Copy));
        Assert.Equal(0, CommandStreamer.BusyNanoseconds(_scene.File, EngineClass.Render));
        Assert.Equal(0, CommandStreamer.BusyNanoseconds(other, EngineClass.Copy));
        Assert.Throws<ArgumentOutOfRangeException>(() => CommandStreamer.BusyNanoseconds(other, EngineClass.VmBind));
    }

    [Fact]
    public void Global_addresses_are_out_of_reach_and_do_nothing()
    {
        _scene.Run(new BatchWords().Add(0x1040_0002, (uint)Data, 0, 7).Add(0x1248_0002, General(0), (uint)Data, 0)
            .Add(0x1720_0003, (uint)Data, 0, (uint)Code, 0).Add(0x14c8_0002, General(0), (uint)Code, 0));
        Assert.Equal(0u, _scene[0]);
        Assert.Equal(4, _scene.Streamer.SteppedOver.Count);
        Assert.All(_scene.Streamer.SteppedOver, entry => Assert.EndsWith(" (global)", entry.Key));
    }

    [Theory]
    [InlineData(0x1300_4003, 5)]
    [InlineData(0x1300_4002, 4)]
    public void Flush_dw_writes_its_data(uint header, int length)
    {
        uint[] words = [header, (uint)Data + 0x20, 0, 0xaaaa_bbbb, 0xcccc_dddd];
        _scene.SetWide(0x20, ulong.MaxValue);
        _scene.Run(new BatchWords().Add(words.AsSpan(0, length)));
        Assert.Equal(length == 5 ? 0xcccc_dddd_aaaa_bbbb : 0xffff_ffff_aaaa_bbbb, _scene.Wide(0x20));
    }

    [Fact]
    public void Flushes_write_the_time_or_nothing()
    {
        using var scene = new StreamScene(engine: EngineClass.Render);
        scene.Clock.Advance(10_000_000_000);
        scene.Run(new BatchWords().Add(0x1300_c003, (uint)Data, 0, 1, 1).Add(0x1300_0003, (uint)Data + 8, 0, 1, 1)
            .Add(0x7a00_0004, 3 << 14, (uint)Data + 0x10, 0, 1, 1).Add(0x7a00_0004, 1 << 20, (uint)Data + 0x18, 0, 1, 1));
        Assert.Equal((192_000_000ul, 0ul, 192_000_000ul, 0ul), (scene.Wide(0), scene.Wide(8), scene.Wide(0x10), scene.Wide(0x18)));
    }

    [Fact, Rule("RN-067")]
    public void Pipe_control_writes_data_a_count_of_nothing_or_a_register_and_unknown_state_is_stepped_over()
    {
        using var scene = new StreamScene(engine: EngineClass.Render);
        scene.SetWide(8, 5);
        scene.Run(new BatchWords()
            .Add(0x7a00_0004, 1 << 14, (uint)Data, 0, 0x89ab_cdef, 0x0123_4567)
            .Add(0x7a00_0004, 2 << 14, (uint)Data + 8, 0, 1, 1)
            .Add(0x7a00_0004, 1 << 23, 0x2000 + General(5), 0, 44, 0).StoreRegister(General(5), Data + 0x10)
            .Add(0x6101_0014).Add(new uint[21])                 // STATE_BASE_ADDRESS
            .Add(0x6904_0000)                                   // PIPELINE_SELECT, one dword
            .Add(0x680b_0001)                                   // 3DSTATE_VF_STATISTICS, one dword
            .Add(0x7808_0003).Add(0, 0, 0, 0)                   // 3DSTATE_VERTEX_BUFFERS
            .Add(0x7b00_0108).Add(new uint[9])                  // 3DPRIMITIVE
            .Add(0x7208_0026).Add(new uint[39]));               // COMPUTE_WALKER
        Assert.Equal((0x0123_4567_89ab_cdeful, 0ul, 44u), (scene.Wide(0), scene.Wide(8), scene[0x10]));
        string[] names = [
            "3DPRIMITIVE", "3DSTATE_VERTEX_BUFFERS", "3DSTATE_VF_STATISTICS", "COMPUTE_WALKER", "PIPELINE_SELECT", "STATE_BASE_ADDRESS"];
        Assert.Equal(names.ToDictionary(name => name, _ => 1L), scene.Streamer.SteppedOver);
    }
}
