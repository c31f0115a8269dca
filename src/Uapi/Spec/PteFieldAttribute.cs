using XePt.Uapi.Formats;

namespace XePt.Uapi.Spec;

/// <summary>Declares a field that all of some kinds of entries have.</summary>
/// <param name="kinds">The kinds of entries.</param>
/// <param name="name">The field's name in the C header, or <c>reserved</c>.</param>
/// <param name="low">The lowest bit.</param>
/// <param name="high">The highest bit, included.</param>
/// <param name="role">What the field means.</param>
/// <param name="rule">The rule that says so, for example <c>PT-016</c>.</param>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Class, AllowMultiple = true)]
internal sealed class PteFieldAttribute(PteEntryKinds kinds, string name, int low, int high, PteRole role, string rule) : Attribute
{
    /// <summary>Declares a field of one bit.</summary>
    /// <param name="kinds">The kinds of entries.</param>
    /// <param name="name">The field's name in the C header, or <c>reserved</c>.</param>
    /// <param name="bit">The bit.</param>
    /// <param name="role">What the field means.</param>
    /// <param name="rule">The rule that says so, for example <c>PT-016</c>.</param>
    public PteFieldAttribute(PteEntryKinds kinds, string name, int bit, PteRole role, string rule)
        : this(kinds, name, bit, bit, role, rule)
    {
    }

    /// <summary>The kinds of entries.</summary>
    public PteEntryKinds Kinds { get; } = kinds;

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
