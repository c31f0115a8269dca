namespace XePt.Generators.Common;

/// <summary>Full names of the attributes that several generators read.</summary>
internal static class SpecNames
{
    public const string Namespace = "XePt.Uapi.Spec.";
    public const string CName = Namespace + "CNameAttribute";
    public const string UapiStruct = Namespace + "UapiStructAttribute";
    public const string FlagTable = Namespace + "FlagTableAttribute";
    public const string DebugBuildOnly = Namespace + "DebugBuildOnlyAttribute";
}
