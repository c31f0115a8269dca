using XePt.Uapi.Formats;

namespace XePt.Uapi.Spec;

/// <summary>Declares a field of an entry kind.</summary>
/// <param name="name">The field's name in the C header, or <c>reserved</c>.</param>
/// <param name="low">The lowest bit.</param>
/// <param name="high">The highest bit, included.</param>
/// <param name="role">What the field means.</param>
/// <param name="rule">The rule that says so, for example <c>PT-016</c>.</param>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public sealed class PteFieldAttribute(string name, int low, int high, PteRole role, string rule) : Attribute
{
    /// <summary>Declares a field of one bit.</summary>
    /// <param name="name">The field's name in the C header, or <c>reserved</c>.</param>
    /// <param name="bit">The bit.</param>
    /// <param name="role">What the field means.</param>
    /// <param name="rule">The rule that says so, for example <c>PT-016</c>.</param>
    public PteFieldAttribute(string name, int bit, PteRole role, string rule)
        : this(name, bit, bit, role, rule)
    {
    }

    /// <summary>The field's name in the C header, or <c>reserved</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The lowest bit.</summary>
    public int Low { get; } = low;

    /// <summary>The highest bit, included.</summary>
    public int High { get; } = high;

    /// <summary>What the field means.</summary>
    public PteRole Role { get; } = role;

    /// <summary>The rule that says so.</summary>
    public string Rule { get; } = rule;
}
