using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Tests.Uapi;

/// <summary>What the runtime makes of the declarations, against the specification: independent of what was generated.</summary>
public class StructLayoutTests
{
    private static readonly Dictionary<string, Type> Types = typeof(UapiTable).Assembly.GetTypes()
        .Where(type => IsUapiStruct(type) && CName(type) is not null)
        .ToDictionary(type => CName(type)!);

    public static TheoryData<string> StructNames => new(SpecificationTables.Structs.Select(info => info.Name));

    [Theory]
    [MemberData(nameof(StructNames))]
    public void Runtime_size_and_offsets_are_as_the_specification_says(string name)
    {
        var expected = SpecificationTables.Structs.Single(info => info.Name == name);
        var type = Types[name];
        Assert.Equal(expected.Size, RuntimeSize(type));
        Assert.Equal(expected.Fields.Where(field => field.Size > 0), RuntimeFields(type, "", 0));
    }

    [Theory]
    [MemberData(nameof(StructNames))]
    public void Structs_are_blittable(string name)
    {
        var array = Array.CreateInstance(Types[name], 1);
        var handle = GCHandle.Alloc(array, GCHandleType.Pinned);
        handle.Free();
        Assert.Equal(SpecificationTables.Structs.Single(info => info.Name == name).Size, Marshal.SizeOf(Types[name]));
    }

    private static IEnumerable<SpecificationTables.Field> RuntimeFields(Type type, string prefix, int start)
    {
        foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public).OrderBy(field => field.MetadataToken))
        {
            var name = prefix + CName(field);
            var offset = start + (int)Marshal.OffsetOf(type, field.Name);
            yield return new(name, offset, RuntimeSize(field.FieldType));
            if (!IsUapiStruct(field.FieldType) || CName(field.FieldType) is not null)
                continue;
            foreach (var member in RuntimeFields(field.FieldType, name + ".", offset))
                yield return member;
        }
    }

    private static bool IsUapiStruct(Type type) => type.GetCustomAttribute<UapiStructAttribute>() is not null;

    private static string? CName(MemberInfo member) => member.GetCustomAttribute<CNameAttribute>()?.Name;

    private static int RuntimeSize(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
