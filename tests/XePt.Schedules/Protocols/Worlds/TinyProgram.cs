using System.Globalization;
using System.Runtime.InteropServices;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>An instruction of a <see cref="TinyProgram"/>, on one of two words.</summary>
public readonly record struct Instruction(char Code, int Word, ulong Value)
{
    public static Instruction Barrier => new('b', 0, 0);

    public static Instruction Read(int word) => new('r', word, 0);

    public static Instruction Store(int word, ulong value) => new('s', word, value);

    public static Instruction Release(int word, ulong value) => new('w', word, value);

    /// <summary>Exchanges 0 for 1; fails otherwise.</summary>
    public static Instruction Exchange(int word) => new('x', word, 1);

    /// <summary>Adds one to a word by a load and a store, inside a gate.</summary>
    public static Instruction CountUnderGate(int word) => new('g', word, 0);

    public static Instruction Random(Random random, ulong value) => new("rrsswxb"[random.Next(7)], random.Next(2), value);
}

/// <summary>Straight programs on two words; each end, what was read and what is in memory, goes into a set.</summary>
public sealed unsafe class TinyProgram : Protocol
{
    private readonly MemoryModel _memory;
    private readonly Instruction[][] _program;
    private readonly ISet<string> _ends;
    private readonly string[] _read;
    private readonly ulong* _words = (ulong*)NativeMemory.AllocZeroed(2, sizeof(ulong));
    private SpinGate _gate;

    public TinyProgram(MemoryModel memory, Instruction[][] program, ISet<string> ends)
    {
        (_memory, _program, _ends) = (memory, program, ends);
        _read = [.. program.Select(_ => "")];
    }

    public override MemoryModel Memory => _memory;

    public override IReadOnlyList<Action> Threads => [.. _program.Select((code, thread) => new Action(() => Run(thread, code)))];

    public override void CheckEnd() => _ends.Add($"{string.Join('|', _read)}|{_words[0]},{_words[1]}");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        // SAFETY: the block is this object's alone, and its threads are done.
        NativeMemory.Free(_words);
    }

    private void Run(int thread, Instruction[] code)
    {
        foreach (Instruction next in code)
        {
            ulong* word = _words + next.Word;
            if (next.Code == 'r')
                _read[thread] += Volatile.Read(ref *word).ToString(CultureInfo.InvariantCulture);
            else if (next.Code == 's')
                SharedMemory.Write(ref *word, next.Value, isRelease: false, new Site("*word", nameof(Run), nameof(TinyProgram), 0));
            else if (next.Code == 'w')
                Volatile.Write(ref *word, next.Value);
            else if (next.Code == 'x')
                _read[thread] += Interlocked.CompareExchange(ref *word, next.Value, 0UL).ToString(CultureInfo.InvariantCulture);
            else if (next.Code == 'g')
                CountUnderGate(ref *word);
            else
                Interlocked.MemoryBarrier();
        }
    }

    private void CountUnderGate(ref ulong word)
    {
        _gate.Enter();
        var here = new Site("*word", nameof(CountUnderGate), nameof(TinyProgram), 0);
        SharedMemory.Write(ref word, SharedMemory.Read(ref word, here) + 1, isRelease: false, here);
        _gate.Exit();
    }
}
