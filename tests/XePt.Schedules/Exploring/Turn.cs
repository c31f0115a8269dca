using System.Runtime.InteropServices;

namespace XePt.Schedules.Exploring;

/// <summary>
/// What a thread sleeps on until somebody gives it the turn. An exploration hands the turn over a million times and does little in between,
/// so this is the system's own semaphore: a monitor takes five system calls for each turn, and spins before it sleeps.
/// </summary>
internal sealed unsafe class Turn : IDisposable
{
    // sem_t is 32 bytes in every C library of 64-bit Linux.
    private const nuint Size = 64;

    private readonly void* _semaphore = NativeMemory.AllocZeroed(Size);

    public Turn()
    {
        if (Initialize(_semaphore, 0, 0) != 0)
            throw new InvalidOperationException("no semaphore");
    }

    /// <summary>Gives the turn to who waits, or will wait.</summary>
    public void Give() => _ = Post(_semaphore);

    /// <summary>Waits for the turn.</summary>
    public void Await()
    {
        // A signal may interrupt it.
        while (Wait(_semaphore) != 0)
        {
        }
    }

    /// <summary>Nobody waits any more.</summary>
    public void Dispose()
    {
        _ = Destroy(_semaphore);
        NativeMemory.Free(_semaphore);
    }

    [DllImport("libc", EntryPoint = "sem_init")]
    private static extern int Initialize(void* semaphore, int shared, uint value);

    [DllImport("libc", EntryPoint = "sem_post")]
    private static extern int Post(void* semaphore);

    [DllImport("libc", EntryPoint = "sem_wait")]
    private static extern int Wait(void* semaphore);

    [DllImport("libc", EntryPoint = "sem_destroy")]
    private static extern int Destroy(void* semaphore);
}
