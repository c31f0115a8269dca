namespace XePt.Uapi;

/// <summary>What the value of a refused field was compared with, for example the size of the BO that a range exceeds.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">Its value.</param>
public readonly record struct Comparand(string Name, ulong Value)
{
    /// <summary>For example <c>size of the BO = 0x10000</c>.</summary>
    public override string ToString() => $"{Name} = 0x{Value:x}";
}
