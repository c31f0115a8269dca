using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Writes xept.h from the exports and the structs, enums and comments that they are declared with.</summary>
internal static class CHeader
{
    private static readonly Type[] Parts =
    [
        typeof(LibraryExports), typeof(DeviceExports), typeof(ClientExports), typeof(ProcessExports), typeof(MemoryExports),
        typeof(VmExports), typeof(SnapshotExports), typeof(WalkerExports), typeof(AccessExports), typeof(FileExports),
        typeof(RecorderExports), typeof(SyncFileExports), typeof(SharingExports), typeof(TlbExports), typeof(JobExports),
    ];

    private const string Start = """
        /* The C ABI of XePt: the Intel Xe GPU's VM_BIND and page-table engine, without a GPU.
         *
         * Written from the declarations of the library by its tests; do not edit it. docs/native.md is the guide.
         *
         * Results: 0, or what the call says, when it succeeds; a negative error number when not, and xept_last_failure
         * says why. What a failed call was to fill is as it was, unless the call says otherwise.
         *
         * Handles are checked: one that is closed, of another kind or made up is -EBADF. Other pointers than those that
         * ioctls are given must be good, or NULL where the call says so; a NULL that must not be is -EFAULT.
         *
         * Structs that begin with their size are filled in with it by the caller, as in
         *     xept_device_options options = {.size = sizeof(options)};
         * so that a program and a library of different versions understand each other.
         *
         * Threads: every function may be called from any thread at any time, walkers excepted, of which each is for one
         * thread at a time. The library has no thread but one of its runtime's, which sleeps. Callbacks come on the thread
         * whose call causes them, without a lock of the library's held; they may make any call unless they say otherwise,
         * and must return: no longjmp, no C++ exception. A child of fork may use the library if no other thread was inside
         * it at that moment.
         */
        #ifndef XEPT_H
        #define XEPT_H

        #include <stdint.h>

        """;

    /// <summary>The header.</summary>
    public static string Text()
    {
        var docs = new CDocumentation(typeof(LibraryExports).Assembly, typeof(XeDevice).Assembly, typeof(Errno).Assembly);
        var text = new StringBuilder(Start.ReplaceLineEndings("\n"));
        text.Append($"\n/* The library is libxept.so.{AbiVersion.Major}; the lower half rises when something is added. */\n");
        text.Append($"#define XEPT_ABI_VERSION 0x{AbiVersion.Current:x8}u\n\n");
        text.Append("#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
        foreach (Type handle in Types().Where(CNames.IsHandle))
            text.Append($"\n{docs.Of(handle)}typedef struct {CNames.Of(handle)} {CNames.Of(handle)};\n");
        foreach (Type @enum in Enums())
            text.Append('\n').Append(Declare(@enum, docs));
        Type[] structs = [.. Structs()];
        text.Append('\n');
        foreach (Type @struct in structs)
            text.Append($"typedef struct {CNames.Of(@struct)} {CNames.Of(@struct)};\n");
        foreach (Type @struct in structs)
            text.Append('\n').Append(DeclareStruct(@struct, docs));
        foreach (Type part in Parts)
            Declare(part, docs, text);
        text.Append("\n#ifdef __cplusplus\n}\n#endif\n\n");
        text.Append("/* Both sides mean the same by each struct. */\n#if defined(__cplusplus) || __STDC_VERSION__ >= 201112L\n");
        text.Append("#ifdef __cplusplus\n#define XEPT_ASSERT static_assert\n#else\n#define XEPT_ASSERT _Static_assert\n#endif\n");
        foreach (Type @struct in structs)
            text.Append($"XEPT_ASSERT(sizeof({CNames.Of(@struct)}) == {SizeOf(@struct)}, \"{CNames.Of(@struct)}\");\n");
        text.Append("#undef XEPT_ASSERT\n#endif\n\n#endif\n");
        return text.ToString();
    }

    /// <summary>The exports, by the classes that they are in.</summary>
    public static IEnumerable<MethodInfo> Exports() =>
        from type in typeof(LibraryExports).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where method.IsDefined(typeof(UnmanagedCallersOnlyAttribute))
        select method;

    /// <summary>The name of an export.</summary>
    public static string NameOf(MethodInfo export) => export.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()!.EntryPoint!;

    /// <summary>The types of the ABI that have a name in C.</summary>
    public static IEnumerable<Type> Types() => typeof(LibraryExports).Assembly.GetTypes().Where(
        type => type.IsDefined(typeof(CTypeAttribute)) && type != typeof(ConstBytes));

    /// <summary>The structs, each behind those that it contains.</summary>
    public static IEnumerable<Type> Structs() => Types().Where(type => !type.IsEnum && !CNames.IsHandle(type))
        .OrderBy(type => Contains(type));

    private static int Contains(Type type) => Fields(type).Where(field => field.FieldType.IsDefined(typeof(CTypeAttribute))
        && !CNames.IsHandle(field.FieldType)).Select(field => 1 + Contains(field.FieldType)).DefaultIfEmpty().Max();

    private static IEnumerable<Type> Enums() => Types().Where(type => type.IsEnum)
        .Concat(Structs().SelectMany(Fields).Select(field => field.GetCustomAttribute<CEnumAttribute>()?.Values)
            .Concat(Exports().SelectMany(export => export.GetParameters())
                .Select(each => each.GetCustomAttribute<CEnumAttribute>()?.Values))
            .OfType<Type>())
        .Distinct();

    private static FieldInfo[] Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.Public);

    private static string Declare(Type @enum, CDocumentation docs)
    {
        var text = new StringBuilder($"{docs.Of(@enum)}enum {CNames.Of(@enum)} {{\n");
        foreach (FieldInfo constant in @enum.GetFields(BindingFlags.Static | BindingFlags.Public))
            text.Append($"{docs.Of(constant)}    {CNames.Of(constant)} = {Convert.ToUInt64(constant.GetRawConstantValue())},\n");
        return text.Append("};\n").ToString();
    }

    private static string DeclareStruct(Type @struct, CDocumentation docs)
    {
        var text = new StringBuilder($"{docs.Of(@struct)}struct {CNames.Of(@struct)} {{\n");
        foreach (FieldInfo field in Fields(@struct))
        {
            FixedBufferAttribute? many = field.GetCustomAttribute<FixedBufferAttribute>();
            string[]? parameters = field.GetCustomAttribute<CParametersAttribute>()?.Names.ToArray();
            text.Append(docs.Of(field, ValuesOf(field.GetCustomAttribute<CEnumAttribute>())));
            text.Append($"    {CNames.Declare(many?.ElementType ?? field.FieldType, CNames.Snake(field.Name), parameters: parameters)}");
            text.Append(many is null ? ";\n" : $"[{many.Length}];\n");
        }

        return text.Append("};\n").ToString();
    }

    private static void Declare(Type part, CDocumentation docs, StringBuilder text)
    {
        text.Append($"\n{docs.Of(part).Replace("/* ", "/* ---- ").Replace(". */", " ---- */")}");
        foreach (MethodInfo export in part.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
        {
            ParameterInfo[] parameters = export.GetParameters();
            string[] taken = [.. parameters.Select(Declare)];
            text.Append('\n').Append(docs.Of(export, parameters.Select(
                each => (each.Name!, CNames.Snake(each.Name!), ValuesOf(each.GetCustomAttribute<CEnumAttribute>())))));
            string result = export.ReturnType == typeof(int) ? "int " : CNames.Declare(export.ReturnType, "");
            string line = $"{result}{NameOf(export)}({(taken.Length == 0 ? "void" : string.Join(", ", taken))});";
            text.Append(line.Length <= 100 ? line : $"{result}{NameOf(export)}(\n    {string.Join(",\n    ", taken)});").Append('\n');
        }
    }

    private static string Declare(ParameterInfo parameter)
    {
        bool isConst = parameter.IsDefined(typeof(CConstAttribute));
        // A plain int of C is one of .NET as well.
        return CNames.Declare(
            parameter.ParameterType, CNames.Snake(parameter.Name!), isConst,
            parameter.GetCustomAttribute<CParametersAttribute>()?.Names).Replace("int32_t ", "int ").Replace("uint ", "uint32_t ");
    }

    private static string ValuesOf(CEnumAttribute? values) => values is null ? "" : $" (enum {CNames.Of(values.Values)})";

    private static int SizeOf(Type @struct) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(@struct).Invoke(null, null)!;
}
