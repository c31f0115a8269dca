using System.Runtime.CompilerServices;

namespace XePt.Diagnostics;

/// <summary>
/// Who watches a device: armed failures, the event source, the recorder. One word, so that whoever is on the way of a bind asks once for
/// all of them, and pays one load while nobody watches.
/// </summary>
/// <remarks>Concurrency: any thread changes the word by interlocked operations and any thread reads it. A change is seen by calls that
/// begin afterwards; a call that runs already may miss it.</remarks>
/// <param name="name">Name of the device in events.</param>
internal sealed class DeviceWatch(string name)
{
    private const int Source = 1, Recording = 2, Detailed = 4, Passing = 8, OnePlace = 16;

    // The exception that leaves a call of this thread is known already: who sees the call end need not tell of it again.
    [ThreadStatic]
    private static bool s_isTold;

    private readonly ConditionalWeakTable<Exception, DeviceWatch> _told = [];
    private int _bits;
    private RecordRing? _ring;

    /// <summary>Name of the device in events.</summary>
    public string Name { get; } = name;

    /// <summary>What watches now: not 0 when anything does. For <see cref="HasFailures"/> and <see cref="HasEvents"/>.</summary>
    public int Bits => Volatile.Read(ref _bits);

    /// <summary>The event source has listeners.</summary>
    public bool FeedsSource => (Bits & Source) != 0;

    /// <summary>Some place is armed, or somebody wants to know when places are passed.</summary>
    public bool IsArmed => HasFailures(Bits);

    /// <summary>Somebody wants events.</summary>
    public bool IsTraced => HasEvents(Bits);

    /// <summary>Somebody wants those of every call and every stage: the event source, or a recorder that keeps them.</summary>
    public bool IsDetailed => HasDetails(Bits);

    /// <summary>The recorder while it is on.</summary>
    public RecordRing? Ring => Volatile.Read(ref _ring);

    /// <summary>Told in words, once each, of exceptions that are about to leave the engine.</summary>
    public Action<string>? Failed { get; set; }

    /// <summary>Told when it changes whether somebody wants events.</summary>
    public Action? Changed { get; set; }

    /// <summary>What <see cref="Bits"/> says about failures.</summary>
    public static bool HasFailures(int bits) => (bits & ~(Source | Recording | Detailed)) != 0;

    /// <summary>What <see cref="Bits"/> says about events.</summary>
    public static bool HasEvents(int bits) => (bits & (Source | Recording)) != 0;

    /// <summary>What <see cref="Bits"/> says about events of every call and stage.</summary>
    public static bool HasDetails(int bits) => (bits & (Source | Detailed)) != 0;

    /// <summary>What <see cref="Bits"/> says of a recorder that keeps no stages: nothing else watches, and nothing is armed.</summary>
    public static bool HasRecorderOnly(int bits) => bits == Recording;

    /// <summary>Marks for a call that asks for a failure itself.</summary>
    public static int WithFailures(int bits) => bits | Passing;

    /// <summary>The event source has got listeners, or has none any more.</summary>
    public void SetSource(bool isOn) => Set(Source, isOn);

    /// <summary>The recorder is on, or off.</summary>
    public void SetRing(RecordRing? ring)
    {
        Volatile.Write(ref _ring, ring);
        Set(Detailed, ring is { IsDetailed: true });
        Set(Recording, ring is not null);
    }

    /// <summary>A client's call begins on this thread.</summary>
    public static void BeginCall() => s_isTold = false;

    /// <summary>An exception comes by a place where it may be about to leave the engine: an operation on a VM, a job, an interface of the
    /// embedder.</summary>
    public void Fail(Exception thrown)
    {
        s_isTold = true;
        if (_told.TryAdd(thrown, this))
            Failed?.Invoke($"{thrown.GetType()}: {thrown.Message}");
    }

    /// <summary>A client's call has ended without an answer, so an exception leaves it; told of unless that was done on its way.</summary>
    public void FailCall(string call)
    {
        if (!s_isTold)
            Failed?.Invoke($"an exception leaves {call}");
    }

    /// <summary>Somebody wants to know when places are passed.</summary>
    public void SetPassing(bool isOn) => Set(Passing, isOn);

    /// <summary>More or fewer places are armed.</summary>
    public void AddPlaces(int change) => Interlocked.Add(ref _bits, change * OnePlace);

    private void Set(int bit, bool isOn)
    {
        if (isOn)
            Interlocked.Or(ref _bits, bit);
        else
            Interlocked.And(ref _bits, ~bit);
        if (HasEvents(bit))
            Changed?.Invoke();
    }
}
