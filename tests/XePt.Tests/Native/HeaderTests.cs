using System.Reflection;
using XePt.Native;

namespace XePt.Tests.Native;

/// <summary>The C header, and what all functions in it have in common.</summary>
public class HeaderTests
{
    private static string File => Path.Combine(RepositoryPaths.Root, "src", "Native", "xept.h");

    /// <summary><c>XEPT_UPDATE_GOLDEN=1</c> writes the header instead.</summary>
    [Fact]
    public void The_header_is_what_is_declared()
    {
        string text = CHeader.Text();
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            System.IO.File.WriteAllText(File, text);
        Assert.Equal(System.IO.File.ReadAllText(File), text);
    }

    [Fact]
    public void Every_export_is_in_the_header_once()
    {
        string[] names = [.. CHeader.Exports().Select(CHeader.NameOf)];
        Assert.NotEmpty(names);
        string header = System.IO.File.ReadAllText(File);
        Assert.All(names, name => Assert.Equal(2, header.Split($" {name}(").Length + header.Split($"*{name}(").Length - 1));
        Assert.All(names, name => Assert.StartsWith("xept_", name, StringComparison.Ordinal));
    }

    /// <summary>C has one space of names for functions and types.</summary>
    [Fact]
    public void No_name_stands_for_two_things()
    {
        string[] names = [.. CHeader.Exports().Select(CHeader.NameOf), .. CHeader.Types().Select(CNames.Of)];
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public void The_guide_lists_every_function()
    {
        string guide = System.IO.File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "native.md"));
        string table = guide[guide.IndexOf("## Functions", StringComparison.Ordinal)..];
        Assert.All(CHeader.Exports().Select(CHeader.NameOf), name => Assert.Contains($"`{name}`", table, StringComparison.Ordinal));
    }

    /// <summary>Everything that an export does stands in a try that catches everything; those that only hand out constants need
    /// none.</summary>
    [Fact]
    public void No_exception_leaves_an_export()
    {
        string[] constants = ["xept_abi_version", "xept_version", "xept_platform_name", "xept_error_name"];
        foreach (MethodInfo export in CHeader.Exports().Where(export => !constants.Contains(CHeader.NameOf(export))))
        {
            MethodBody body = export.GetMethodBody()!;
            ExceptionHandlingClause all = body.ExceptionHandlingClauses[^1];
            Assert.Equal((ExceptionHandlingClauseOptions.Clause, typeof(Exception)), (all.Flags, all.CatchType));
            // Nothing comes before it but what clears locals of the catch, and nothing after it but the return.
            Assert.True(all.TryOffset <= 4, CHeader.NameOf(export));
            Assert.True(body.GetILAsByteArray()!.Length - (all.HandlerOffset + all.HandlerLength) <= 3, CHeader.NameOf(export));
        }
    }

    /// <summary>The bytes of a struct are the same for everybody: nothing lies between its fields or behind them.</summary>
    [Fact]
    public void No_struct_has_holes()
    {
        foreach (Type @struct in CHeader.Structs())
        {
            FieldInfo[] fields = @struct.GetFields(BindingFlags.Instance | BindingFlags.Public);
            Assert.Equal(SizeOf(@struct), fields.Sum(field => SizeOf(field.FieldType)));
            Assert.True(@struct.IsLayoutSequential);
        }
    }

    private static int SizeOf(Type type) => type.IsPointer || type.IsFunctionPointer ? nint.Size
        : (int)typeof(System.Runtime.CompilerServices.Unsafe).GetMethod("SizeOf")!.MakeGenericMethod(type).Invoke(null, null)!;
}
