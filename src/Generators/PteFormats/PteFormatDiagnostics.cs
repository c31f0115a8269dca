using Microsoft.CodeAnalysis;

namespace XePt.Generators.PteFormats;

/// <summary>What can be wrong with a declared page-table entry format.</summary>
internal static class PteFormatDiagnostics
{
    public static readonly DiagnosticDescriptor NotPartialStruct = Error(
        "XEPT0501", "Format is not a partial struct", "'{0}' must be a partial struct, neither nested nor generic");

    public static readonly DiagnosticDescriptor BadBitRange = Error(
        "XEPT0502", "Bit range outside the entry", "'{0}' has the bits {1} to {2}; a field lies within 0 to 63, lowest bit first");

    public static readonly DiagnosticDescriptor UnknownRole = Error(
        "XEPT0503", "Unknown field role", "'{0}' has a role that no encoder or decoder is generated for");

    public static readonly DiagnosticDescriptor ImpossibleRole = Error(
        "XEPT0504", "Role cannot occur in this kind of entry", "'{0}' declares {1}, which does not exist in {2}");

    public static readonly DiagnosticDescriptor FlagTooWide = Error(
        "XEPT0505", "Flag of several bits", "'{0}' is a flag and must be one bit, not {1}");

    public static readonly DiagnosticDescriptor RoleTwice = Error(
        "XEPT0506", "Role declared twice", "{0} declares {1} twice; a field is one contiguous run of bits");

    public static readonly DiagnosticDescriptor Overlap = Error(
        "XEPT0507", "Fields overlap", "'{0}' overlaps '{1}' in {2}");

    public static readonly DiagnosticDescriptor MissingBits = Error(
        "XEPT0508", "Bits not declared", "{0} declares {1} of 64 bits; undeclared: {2}");

    public static readonly DiagnosticDescriptor MissingRole = Error(
        "XEPT0509", "Role missing", "{0} does not declare {1}");

    public static readonly DiagnosticDescriptor MisalignedAddress = Error(
        "XEPT0510", "Address not aligned", "The address of {0} must start at bit {1}, not {2}");

    public static readonly DiagnosticDescriptor PatHole = Error(
        "XEPT0511", "PAT index bits have a hole", "{0} declares {1} but not {2}");

    public static readonly DiagnosticDescriptor UnknownKind = Error(
        "XEPT0512", "Unknown entry kind", "'{0}' names a kind of entry that the generator does not know");

    public static readonly DiagnosticDescriptor NoFields = Error(
        "XEPT0513", "Declaration without fields", "'{0}' takes over the fields of '{1}', which declares none");

    public static readonly DiagnosticDescriptor MissingKind = Error(
        "XEPT0514", "Entry kind missing", "'{0}' does not declare {1}");

    public static readonly DiagnosticDescriptor CompactMismatch = Error(
        "XEPT0515", "Compact tables half declared", "'{0}' declares only one of Leaf64K and the Pde64K bit of DirectoryL1");

    public static readonly DiagnosticDescriptor FlagMoves = Error(
        "XEPT0516", "Flag at different bits", "{0} is at another bit in {1} than in {2}");

    public static readonly DiagnosticDescriptor PatMismatch = Error(
        "XEPT0517", "PAT index bits differ", "The PAT index bits of {0} do not match those of {1}");

    public static readonly DiagnosticDescriptor NotStaticPartialClass = Error(
        "XEPT0518", "Format table is not a static partial class", "'{0}' must be a static partial class, neither nested nor generic");

    public static readonly DiagnosticDescriptor IdTwice = Error(
        "XEPT0519", "Two formats of one id", "'{0}' and '{1}' both have the id {2}");

    public static readonly DiagnosticDescriptor MissingFormat = Error(
        "XEPT0520", "Id without a format", "No format has the id {0}");

    public static readonly DiagnosticDescriptor FormatsDisagree = Error(
        "XEPT0521", "Formats disagree about a flag", "{0} is at another bit in '{1}' than in '{2}'");

    public static readonly DiagnosticDescriptor FieldOfNoEntry = Error(
        "XEPT0522", "Field of no entry", "'{0}' belongs to no kind of entry that '{1}' has");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "XePt.PteFormats", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
