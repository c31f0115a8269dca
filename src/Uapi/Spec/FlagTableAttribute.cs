namespace XePt.Uapi.Spec;

/// <summary>Asks the FlagTables generator for names, masks, formatting and parsing of an enum.</summary>
[AttributeUsage(AttributeTargets.Enum)]
public sealed class FlagTableAttribute : Attribute;
