namespace XePt.Native;

/// <summary>Stands in for that of the C library, which asks the system.</summary>
/// <param name="Word">As there; of a process that is gone the lower half is 0.</param>
internal readonly record struct ProcessIdentity(ulong Word)
{
    public int Number => (int)(Word >> 32);

    /// <summary>One that is there.</summary>
    public static ProcessIdentity Alive(int number) => new(((ulong)number << 32) | 1);

    /// <summary>One that is gone.</summary>
    public static ProcessIdentity Gone(int number) => new((ulong)number << 32);

    public bool IsGone() => (uint)Word == 0;
}
