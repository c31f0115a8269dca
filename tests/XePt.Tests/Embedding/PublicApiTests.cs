using System.Reflection;
using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>What users see of the libraries: a file for each lists every public type with its public and protected members. CI compares
/// them, so a change of the API is a change of a file.</summary>
public class PublicApiTests
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.DeclaredOnly;

    /// <summary><c>XEPT_UPDATE_GOLDEN=1</c> writes the lists instead.</summary>
    [Theory]
    [InlineData(typeof(XeDevice), "public-api.txt")]
    [InlineData(typeof(ReferenceTlb), "public-api.tlb-model.txt")]
    [InlineData(typeof(CommandStreamer), "public-api.command-streamer.txt")]
    [InlineData(typeof(UapiTable), "public-api.uapi.txt")]
    public void Public_types_and_members_are_those_in_the_list(Type inAssembly, string file)
    {
        string path = Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Embedding", file);
        string[] actual = [
            .. from type in inAssembly.Assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal)
               where !IsMarker(type) && !IsOfTheTable(type)
               from line in Lines(type)
               select line];
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllLines(path, actual);
        Assert.Equal(File.ReadAllLines(path), actual);
    }

    /// <summary>Structs, enums and constants of the uAPI have their own list, and the specification's tables to be held against.</summary>
    private static bool IsOfTheTable(Type type) => type.Assembly == typeof(UapiTable).Assembly
        && (type.IsEnum || (type.IsAbstract && type.IsSealed && type.Namespace == "XePt.Uapi")
            || type.Name.StartsWith("Drm", StringComparison.Ordinal) || type.DeclaringType is not null);

    private static IEnumerable<string> Lines(Type type) =>
        type.GetMembers(Declared).Where(IsSeen).Select(member => "    " + Line(member)).Order(StringComparer.Ordinal)
            .Prepend(type.FullName!);

    private static string Line(MemberInfo member) => member switch
    {
        PropertyInfo property => $"{property} {{{Accessor(property.GetMethod)}{Accessor(property.SetMethod)} }}",
        FieldInfo { IsLiteral: true } constant => $"{constant} = {constant.GetRawConstantValue()}",
        _ => member.ToString()!,
    };

    // The compiler notes extension blocks in types that no source can name.
    private static bool IsMarker(Type type) => type.FullName!.Contains("<G>", StringComparison.Ordinal);

    // What the compiler adds to records and enums is part of what they are.
    private static bool IsSeen(MemberInfo member) => !member.IsDefined(typeof(CompilerGeneratedAttribute)) && member switch
    {
        ConstructorInfo constructor => IsOpen(constructor),
        MethodInfo method => IsOpen(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)),
        PropertyInfo property => IsOpen(property.GetMethod) || IsOpen(property.SetMethod),
        EventInfo @event => IsOpen(@event.AddMethod),
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        _ => false,
    };

    private static bool IsOpen(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true };

    private static string Accessor(MethodInfo? accessor) => (IsOpen(accessor), accessor?.Name[0]) switch
    {
        (false, _) => "",
        (_, 'g') => " get;",
        _ when accessor!.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) => " init;",
        _ => " set;",
    };
}
