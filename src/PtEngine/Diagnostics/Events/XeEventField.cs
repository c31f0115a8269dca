namespace XePt.Diagnostics;

/// <summary>One field of an event.</summary>
public sealed class XeEventField
{
    private readonly int _word, _offset, _bits, _shift;
    private readonly bool _endsInOnes;

    internal XeEventField(string name, Type type) => (Name, Type) = (name, type);

    internal XeEventField(string name, Type type, int word, int offset, int bits, int shift, bool endsInOnes)
        : this(name, type) => (_word, _offset, _bits, _shift, _endsInOnes) = (word, offset, bits, shift, endsInOnes);

    /// <summary>Its name in the payload.</summary>
    public string Name { get; }

    /// <summary>Its type.</summary>
    public Type Type { get; }

    /// <summary>A recorder keeps it (<see cref="XeRecorder"/>).</summary>
    public bool IsRecorded => _bits > 0;

    /// <summary>For example <c>start</c>.</summary>
    public override string ToString() => Name;

    /// <summary>The value that the words of a record hold, with what was left out.</summary>
    internal ulong ValueIn(ReadOnlySpan<ulong> words)
    {
        ulong value = words[_word] >> _offset & ulong.MaxValue >> (64 - _bits);
        if (Type == typeof(int) && (value >> (_bits - 1)) != 0)
            value |= ulong.MaxValue << _bits;
        value <<= _shift;
        return _endsInOnes ? value | ((1UL << _shift) - 1) : value;
    }
}
