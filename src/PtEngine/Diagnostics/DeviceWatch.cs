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

    /// <summary>Told of an exception that is about to leave the engine.</summary>
    public Action<Exception>? Failed { get; set; }

    /// <summary>Told when it changes whether somebody wants events.</summary>
    public Action? Changed { get; set; }

    /// <summary>What <see cref="Bits"/> says about failures.</summary>
    public static bool HasFailures(int bits) => (bits & ~(Source | Recording | Detailed)) != 0;

    /// <summary>What <see cref="Bits"/> says about events.</summary>
    public static bool HasEvents(int bits) => (bits & (Source | Recording)) != 0;

    /// <summary>What <see cref="Bits"/> says about events of every call and stage.</summary>
    public static bool HasDetails(int bits) => (bits & (Source | Detailed)) != 0;

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
