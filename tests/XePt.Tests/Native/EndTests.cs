using System.Collections.Concurrent;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Devices and clients that end while other threads are in calls.</summary>
public unsafe class EndTests
{
    /// <summary>Which error it is depends on how far the end has come; that an exception was met which nobody has thought of would be
    /// -EIO or -EDEADLK.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Calls_of_other_threads_fail_or_succeed_and_nothing_else(bool isDevice)
    {
        for (int round = 0; round < 20; round++)
        {
            DeviceHandle device = Abi.CreateDevice("bmg");
            ClientHandle client = Abi.OpenClient(device);
            uint vm = Abi.CreateVm(client), bo = Abi.CreateBo(client, 1 << 20, placement: 2);
            int calls = 0;
            var unforeseen = new ConcurrentQueue<string>();
            Thread[] threads = [.. Enumerable.Range(0, 3).Select(i => new Thread(() =>
            {
                int error;
                do
                {
                    error = i switch
                    {
                        0 => Abi.Bind(client, vm, new DrmXeVmBindOp { Obj = bo, Addr = 1 << 20, Range = 1 << 20 }),
                        1 => Abi.Access(client, vm, 1 << 20, GpuAccessKind.Write, [1, 2, 3], out _),
                        _ => Look(client, vm),
                    };
                    Interlocked.Increment(ref calls);
                    if (error is (int)Errno.EIO or (int)Errno.EDEADLK)
                        unforeseen.Enqueue(Abi.LastFailure().Sentence);
                }
                while (error != (int)Errno.EBADF);
            }))];
            foreach (Thread thread in threads)
                thread.Start();
            SpinWait.SpinUntil(() => Volatile.Read(ref calls) > 20);
            Assert.Equal(0, isDevice ? Abi.Destroy(device) : Abi.Close(client));
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Empty(unforeseen);
            if (!isDevice)
                Abi.Destroy(device);
        }
    }

    private static int Look(ClientHandle client, uint vm)
    {
        TranslationInfo seen;
        delegate* unmanaged<ClientHandle, uint, int, ulong, TranslationInfo*, int> translate = &VmExports.Translate;
        return translate(client, vm, 0, 1 << 20, &seen);
    }
}
