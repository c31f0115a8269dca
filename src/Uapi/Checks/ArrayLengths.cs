using System.Diagnostics.CodeAnalysis;

namespace XePt.Uapi.Checks;

/// <summary>An array beyond its count would be cut, and one with count 0 or address 0 ignored, without a word: that is no errno of the
/// driver but a mistake of the caller.</summary>
internal static class ArrayLengths
{
    [DoesNotReturn]
    public static void ThrowIsTooLong(int given, ulong count, string counter, string array) =>
        throw new ArgumentException($"{counter} says {count}, so not all of the {given} elements given would be looked at", array);

    [DoesNotReturn]
    public static void ThrowIsAbsent(string field, string array) =>
        throw new ArgumentException($"{field} is null in the call, so the elements given would not be looked at", array);
}
