using XePt.Generators.Common;

namespace XePt.Generators.Ioctls;

/// <summary>One method with <c>[IoctlEntry]</c>, in pieces of source code.</summary>
/// <param name="Namespace">Namespace of its type.</param>
/// <param name="Type">Its type, for example <c>class XeFile</c>.</param>
/// <param name="Name">Type and method.</param>
/// <param name="Declaration">Modifiers, result, name and parameters.</param>
/// <param name="ReturnType">The result of every handler.</param>
/// <param name="Request">The parameter with the request code.</param>
/// <param name="Argument">The parameter with the bytes.</param>
/// <param name="Calls">The ioctls, by number.</param>
internal sealed record IoctlEntryModel(
    string Namespace,
    string Type,
    string Name,
    string Declaration,
    string ReturnType,
    string Request,
    string Argument,
    EquatableArray<CallModel> Calls);

/// <summary>One ioctl and how it is called.</summary>
/// <param name="Number">The number in the request code.</param>
/// <param name="Name">For example <c>VmBind</c>.</param>
/// <param name="CName">C name of the request code.</param>
/// <param name="Struct">Full name of the argument struct.</param>
/// <param name="Gate">Whether a method looks at the argument before arrays are read.</param>
/// <param name="Handler">The method that is called.</param>
/// <param name="ByRef">Whether it may write to the argument.</param>
/// <param name="CopiesBack">Whether the request code says that the argument is copied back.</param>
/// <param name="Arrays">The arrays it takes, as expressions that read them.</param>
internal sealed record CallModel(
    int Number,
    string Name,
    string CName,
    string Struct,
    bool Gate,
    string Handler,
    bool ByRef,
    bool CopiesBack,
    EquatableArray<string> Arrays);
