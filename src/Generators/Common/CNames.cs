namespace XePt.Generators.Common;

/// <summary>Turns C names into .NET names.</summary>
internal static class CNames
{
    /// <summary><c>VM_BIND</c> or <c>vm_bind</c> to <c>VmBind</c>.</summary>
    public static string ToPascalCase(string name) => string.Concat(name
        .Split(['_'], StringSplitOptions.RemoveEmptyEntries)
        .Select(static word => char.ToUpperInvariant(word[0]) + word.Substring(1).ToLowerInvariant()));
}
