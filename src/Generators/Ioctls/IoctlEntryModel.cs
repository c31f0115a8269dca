using XePt.Generators.Common;

namespace XePt.Generators.Ioctls;

/// <summary>One method with <c>[IoctlEntry]</c>.</summary>
/// <param name="Method">The method; it takes the request code and the bytes of the argument.</param>
/// <param name="Calls">The ioctls, by number.</param>
internal sealed record IoctlEntryModel(PartialMethod Method, EquatableArray<CallModel> Calls);

/// <summary>One ioctl and how it is called.</summary>
/// <param name="Number">The number in the request code.</param>
/// <param name="Name">For example <c>VmBind</c>.</param>
/// <param name="CName">C name of the request code.</param>
/// <param name="Struct">Full name of the argument struct.</param>
/// <param name="Gate">Whether a method looks at the argument before arrays are read.</param>
/// <param name="Handler">The call of the method that handles it.</param>
/// <param name="HasArrays">Whether it takes arrays.</param>
/// <param name="CopiesBack">Whether the request code says that the argument is copied back.</param>
internal sealed record CallModel(
    int Number, string Name, string CName, string Struct, bool Gate, string Handler, bool HasArrays, bool CopiesBack);
