namespace XePt.Uapi.Spec;

/// <summary>Declares the argument checks of one uAPI struct, in the order in which the reference runs them.</summary>
/// <remarks>
/// Put it on a static partial class together with <see cref="CheckAttribute"/> rows numbered from 1. The generator adds
/// <c>Validate(in argument[, in context])</c>, which returns the <see cref="Rejection"/> of the first row that refuses the argument
/// or the default value, and <c>Rules</c>, the same table as data.
/// </remarks>
/// <param name="argument">The struct that is checked; its fields carry <see cref="CNameAttribute"/>.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class CheckListAttribute(Type argument) : Attribute
{
    /// <summary>The struct that is checked.</summary>
    public Type Argument { get; } = argument;

    /// <summary>The struct with the device, VM and BO facts the conditions need, or null when the argument is judged alone.</summary>
    public Type? Context { get; init; }

    /// <summary>
    /// C name of an enum field by whose value rows are picked with <see cref="CheckAttribute.Only"/> and
    /// <see cref="CheckAttribute.Except"/>, or null when every row applies to every argument.
    /// </summary>
    public string? Selector { get; init; }

    /// <summary>The enum that the selector's number is a value of, where the field is a number; else null.</summary>
    public Type? SelectorType { get; init; }

    /// <summary>Whether each member of the selector's enum has to be named by a row, so that one that is added is not judged without a
    /// thought about it.</summary>
    public bool NamesEach { get; init; }
}
