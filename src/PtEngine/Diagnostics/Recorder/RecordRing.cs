using System.Diagnostics.Tracing;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Diagnostics;

/// <summary>The memory of a recorder: so many records of 32 bytes, the newest over the oldest.</summary>
/// <remarks>
/// <para>Concurrency: any number of threads write and read; nobody waits. A writer takes the next number by one interlocked addition, which
/// gives it a slot that no other writer of this lap has, and stores the four words of the record there, each at once. The top byte of each
/// word is the lap, from 1. A reader takes a record only if all four words carry the lap that it expects.</para>
/// <para>So a record that is just being written, or that two writers of different laps have written into each other because one was stopped
/// in between, shows two laps and is known as torn. Two words of different records can carry the same lap only when these are a multiple of
/// 256 laps apart: a writer would have to be stopped in the middle of its four stores for 256 times the length of the ring, exactly, and a
/// reader to come by before the slot is written again.</para>
/// </remarks>
internal sealed class RecordRing
{
    /// <summary>Words of the event's own in a record.</summary>
    public const int EventWords = 3;

    /// <summary>Bytes of a record.</summary>
    public const int RecordBytes = WordsPerRecord * sizeof(ulong);

    private const int WordsPerRecord = EventWords + 1;
    private const int LapShift = 56, IdShift = 48, TimeShift = 16, TickShift = 6, TimeBits = LapShift - TimeShift;
    private const ulong Below = (1UL << LapShift) - 1, IdBelow = (1UL << IdShift) - 1;

    private readonly ulong[] _words;
    private readonly int _lapLength;
    private readonly EventLevel _level;
    private readonly XeEventGroups _groups;
    private readonly Func<long> _clock;
    private long _written;

    /// <param name="records">How many it holds, a power of two.</param>
    /// <param name="level">The least important level that is kept.</param>
    /// <param name="groups">Which events are kept.</param>
    /// <param name="clock">Nanoseconds of the time that records carry.</param>
    public RecordRing(int records, EventLevel level, XeEventGroups groups, Func<long> clock)
    {
        _words = new ulong[records * WordsPerRecord];
        _lapLength = BitOperations.Log2((uint)records);
        (_level, _groups, _clock) = (level, groups, clock);
    }

    /// <summary>Records written so far; the newest are there.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Records it holds.</summary>
    public int Capacity => 1 << _lapLength;

    /// <summary>What happens in every call and every stage is kept.</summary>
    public bool IsDetailed => _level >= EventLevel.Verbose;

    /// <summary>Events of this kind are kept.</summary>
    public bool Takes(EventLevel level, XeEventGroups group) => level <= _level && (_groups & group) != 0;

    /// <summary>Records an event.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="first">What its fields put into the first word: 48 bits.</param>
    /// <param name="second">Into the second: 56 bits.</param>
    /// <param name="third">Into the third: 56 bits.</param>
    public void Write(int id, ulong first, ulong second, ulong third)
    {
        ulong time = (ulong)(_clock() >> TickShift) << TimeShift & Below;
        long number = Interlocked.Increment(ref _written) - 1;
        ulong lap = LapOf(number) << LapShift;
        // SAFETY: the slot of any number lies inside the ring, whose length is a power of two.
        ref ulong record = ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(_words), (nint)(number & (Capacity - 1)) * WordsPerRecord);
        Volatile.Write(ref record, lap | ((ulong)id << IdShift) | first);
        Volatile.Write(ref Unsafe.Add(ref record, 1), lap | second);
        Volatile.Write(ref Unsafe.Add(ref record, 2), lap | third);
        Volatile.Write(ref Unsafe.Add(ref record, 3), lap | time | (ushort)Environment.CurrentManagedThreadId);
    }

    /// <summary>What is there now, oldest first.</summary>
    public List<XeRecord> Read()
    {
        long end = Written;
        long now = _clock();
        var records = new List<XeRecord>();
        for (long number = Math.Max(0, end - Capacity); number < end; number++)
            records.Add(Read(number, now));
        return records;
    }

    private XeRecord Read(long number, long now)
    {
        Span<ulong> record = SlotOf(number);
        Span<ulong> words = stackalloc ulong[WordsPerRecord];
        bool isWhole = true;
        for (int i = 0; i < WordsPerRecord; i++)
        {
            ulong word = Volatile.Read(ref record[i]);
            isWhole &= word >> LapShift == LapOf(number);
            words[i] = word & Below;
        }

        int id = (int)(words[0] >> IdShift);
        if (!isWhole || XeEventInfo.Find(id) is not { } info)
            return new XeRecord(number);
        return new XeRecord(number, info, (int)(words[3] & ushort.MaxValue), TimeOf(words[3] >> TimeShift, now))
        {
            First = words[0] & IdBelow,
            Second = words[1],
            Third = words[2],
        };
    }

    /// <summary>The latest moment before now that ends in the bits that were kept, to 64 ns.</summary>
    private static long TimeOf(ulong kept, long now)
    {
        ulong age = ((ulong)(now >> TickShift) - kept) & ((1UL << TimeBits) - 1);
        return Math.Max(0, (now >> TickShift) - (long)age) << TickShift;
    }

    private ulong LapOf(long number) => (ulong)((number >> _lapLength) + 1) & byte.MaxValue;

    private Span<ulong> SlotOf(long number) =>
        _words.AsSpan((int)(number & (Capacity - 1)) * WordsPerRecord, WordsPerRecord);
}
