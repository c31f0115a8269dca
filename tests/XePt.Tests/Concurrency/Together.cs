namespace XePt.Tests.Concurrency;

/// <summary>Runs actions on threads of their own, which all begin at the same moment, and says what went wrong.</summary>
internal static class Together
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    public static void Run(params Action[] actions)
    {
        using var start = new Barrier(actions.Length);
        Exception? failure = null;
        Thread[] threads = [.. actions.Select(action => new Thread(() =>
        {
            try
            {
                start.SignalAndWait();
                action();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(Long), "a thread hangs");
        Assert.Null(failure);
    }

    /// <summary>Does something while another thread is inside the VM.</summary>
    public static void WhileInside(XeVm vm, Action action)
    {
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            vm.Context.Writer.Enter();
            entered.Set();
            leave.Wait();
            vm.Context.Writer.Exit();
        });
        holder.Start();
        entered.Wait();
        try
        {
            action();
        }
        finally
        {
            leave.Set();
            holder.Join();
        }
    }
}
