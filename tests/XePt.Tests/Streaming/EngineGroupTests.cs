using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Jobs of fault-mode VMs and jobs with fences, on the engines that one of them has at a time.</summary>
public sealed class EngineGroupTests : IDisposable
{
    private const ulong Started = Data, End = Data + 4, Done = Data + 8;

    private readonly StreamScene _fences = new(options: new CommandStreamerOptions { RunsByItself = false });
    private readonly XeVm _faults;

    public EngineGroupTests()
    {
        _faults = _fences.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        _faults.Map(_fences.CodeBo, Code, VmBindFlags.Immediate);
        _faults.Map(_fences.DataBo, Data, VmBindFlags.Immediate);
    }

    public void Dispose() => _fences.Dispose();

    [Fact, Rule("RN-048")]
    public void A_fault_mode_job_begins_when_the_jobs_with_fences_of_its_engines_are_over()
    {
        _fences[4] = 1;
        Fence spins = _fences.Submit(Spinner(Code, Started, End));
        Run();
        Submit(EngineClass.Copy, new BatchWords().Store(Done, 7u).End());
        Run();
        Assert.Equal((0xc0ffeeu, 0u, false), (_fences[0], _fences[8], spins.IsSignalled));
        _fences[4] = 0;
        Run();
        Assert.Equal((true, 7u, 0), (spins.IsSignalled, _fences[8], _fences.Streamer.JobCount));
    }

    [Fact, Rule("RN-048")]
    public void A_fault_mode_job_leaves_its_engine_to_one_with_a_fence_and_goes_on_afterwards()
    {
        _fences[4] = 1;
        // Counts on while it may.
        Submit(EngineClass.Copy, new BatchWords().Add(0x1780_0501, (uint)Done, 0).Jump(Code + 0x1000));
        Run();
        uint counted = _fences[8];
        Assert.NotEqual(0u, counted);
        Fence spins = _fences.Submit(Spinner(Code, Started, End));
        Run();
        counted = _fences[8];
        Run();
        Assert.Equal((counted, false), (_fences[8], spins.IsSignalled));
        _fences[4] = 0;
        Run();
        Assert.True(spins.IsSignalled);
        Run();
        Assert.NotEqual(counted, _fences[8]);
    }

    [Fact, Rule("RN-048")]
    public void Engines_of_another_group_are_not_concerned()
    {
        _fences[4] = 1;
        Fence spins = _fences.Submit(Spinner(Code, Started, End));
        Submit(EngineClass.Compute, new BatchWords().Store(Done, 7u).End());
        Run();
        Assert.Equal((7u, false), (_fences[8], spins.IsSignalled));
    }

    [Fact, Rule("RN-048")]
    public void A_job_that_is_reset_holds_nobody_up_any_more()
    {
        _fences[4] = 1;
        _fences.Submit(Spinner(Code, Started, End));
        Submit(EngineClass.Copy, new BatchWords().Store(Done, 7u).End());
        Run();
        Assert.Equal(0u, _fences[8]);
        _fences.Queue.Reset();
        Run();
        Assert.Equal((7u, 0), (_fences[8], _fences.Streamer.JobCount));
    }

    private void Submit(EngineClass engine, BatchWords words)
    {
        XeDevice device = _fences.Device;
        ExecQueue queue = _fences.File.CreateQueue(_faults, device.Platform.Engines.First(found => found.EngineClass == engine));
        _fences.Put(words, Code + 0x1000);
        Assert.True(_fences.File.Exec(queue.Id, [Code + 0x1000]) == Errno.Ok, _fences.File.LastRejection.ToString());
    }

    private void Run() => _fences.Streamer.Run(20_000);
}
