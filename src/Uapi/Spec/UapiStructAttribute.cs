namespace XePt.Uapi.Spec;

/// <summary>Marks a struct whose bytes are the C struct's: the Layouts generator checks and tabulates it.</summary>
/// <remarks>
/// A struct without <see cref="CNameAttribute"/> is an anonymous C struct: its members count as members of the field that holds it.
/// </remarks>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class UapiStructAttribute : Attribute
{
    /// <summary>Bytes of the C struct, without a flexible array.</summary>
    public int Size { get; set; }
}
