using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics;

/// <summary>The injector on several threads: an armed failure fails one call, a forced one the call that asked for it.</summary>
public class FaultInjectorTests
{
    private const int Calls = 20_000;

    [Fact]
    public void An_armed_failure_meets_exactly_one_of_parallel_passages()
    {
        var faults = new FailureInjector();
        for (int round = 0; round < 20; round++)
        {
            faults.Arm(FailurePoint.Lock, skip: 700);
            int fired = 0;
            Run(3, _ =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    if (faults.Fires(FailurePoint.Lock))
                        Interlocked.Increment(ref fired);
                }
            });
            Assert.Equal(1, fired);
        }

        faults.Arm(FailurePoint.Run, skip: 1);
        Assert.Equal([false, false, true, false], [faults.Fires(FailurePoint.Lock), faults.Fires(FailurePoint.Run),
            faults.Fires(FailurePoint.Run), faults.Fires(FailurePoint.Run)]);
        faults.Arm(FailurePoint.Run);
        faults.Disarm();
        Assert.False(faults.Fires(FailurePoint.Run));
    }

    /// <summary>One client's force-error flag used to fail whoever came by, and whoever ended first took the failure away.</summary>
    [Fact]
    [Rule("BIND-220")]
    public void A_forced_failure_fails_the_call_that_asked_for_it_and_no_other()
    {
        using var scene = new BindScene(vmFlags: 0, debugBuild: true);
        XeVm[] vms = [scene.Vm, scene.CreateVm(0)];
        uint bo = scene.Bo("X", 1 << 21);
        int[] odd = [0, 0];
        Run(2, thread =>
        {
            VmBindFlags flags = thread == 0 ? VmBindFlags.ForceOpError : 0;
            var args = new DrmXeVmBind { VmId = vms[thread].Id, NumBinds = 1, Bind = Op.Map(bo, BindScene.A, 1 << 21, flags: flags) };
            for (int i = 0; i < Calls; i++)
                odd[thread] += scene.File.VmBind(args) == (thread == 0 ? Errno.ENOSPC : Errno.Ok) ? 0 : 1;
        });
        Assert.Equal([0, 0], odd);
    }

    private static void Run(int count, Action<int> body)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() => failure ??= Record.Exception(() => body(i))))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Null(failure);
    }
}
