using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>An enum of the uAPI.</summary>
/// <param name="Keyword">C# keyword of the underlying type.</param>
/// <param name="IsFlags">Whether the members are bits that combine.</param>
/// <param name="Members">The members with a C name, in declaration order.</param>
/// <param name="Profiles">All profiles, or empty when no member depends on one.</param>
internal sealed record FlagTableModel(
    string Namespace, string Name, string Keyword, bool IsFlags, EquatableArray<FlagModel> Members, EquatableArray<EnumRef> Profiles)
{
    /// <summary>The largest value of the underlying type, as source code.</summary>
    public string Largest => $"{Keyword}.MaxValue";

    /// <summary>How source code writes a member.</summary>
    public string Code(FlagModel member) => $"{Name}.{member.Name}";

    /// <summary>How source code writes a value that need not have a name.</summary>
    public string Cast(ulong value) => $"({Name})0x{value:x}";

    /// <summary>The members a profile knows, debug builds aside.</summary>
    public ulong SupportedIn(EnumRef profile) =>
        Mask(Members.Where(member => !member.DebugBuildOnly && member.ExistsIn(profile)));

    public static ulong Mask(IEnumerable<FlagModel> members) => members.Aggregate(0ul, static (mask, member) => mask | member.Value);
}

/// <summary>One member.</summary>
/// <param name="ShortName">C name without the enum's prefix.</param>
/// <param name="OnlyInProfiles">The only profiles it exists in; empty means all.</param>
/// <param name="Bits">Where it sits in profiles that do not use <paramref name="Value"/>.</param>
internal sealed record FlagModel(
    string Name,
    string CName,
    string ShortName,
    ulong Value,
    EquatableArray<EnumRef> OnlyInProfiles,
    EquatableArray<ProfileBit> Bits,
    bool DebugBuildOnly)
{
    /// <summary>Whether any attribute says where the member exists or sits.</summary>
    public bool IsRestricted => OnlyInProfiles.Count + Bits.Count > 0;

    public bool ExistsIn(EnumRef profile) => OnlyInProfiles.Count == 0 || OnlyInProfiles.Contains(profile);

    /// <summary>The member's value in the words of a profile.</summary>
    public ulong BitIn(EnumRef profile) => Bits.FirstOrDefault(bit => bit.Profile == profile)?.Bit ?? Value;
}

/// <summary>The value of a flag in one profile.</summary>
internal sealed record ProfileBit(EnumRef Profile, ulong Bit);
