using System.Reflection;
using System.Text.RegularExpressions;
using XePt.Native;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Tests.Native;

/// <summary>The names that types and members have in C.</summary>
internal static partial class CNames
{
    // Enums of the engine, which knows nothing of C.
    private static readonly Dictionary<Type, string> Enums = new()
    {
        [typeof(TranslationStatus)] = "xept_translation_status",
        [typeof(GpuAccessStatus)] = "xept_access_status",
        [typeof(GpuAccessKind)] = "xept_access_kind",
        [typeof(GpuAtomicOperation)] = "xept_atomic_operation",
        [typeof(VmaKind)] = "xept_vma_kind",
        [typeof(PageSizeHints)] = "xept_page_size",
        [typeof(TlbInvalidationCause)] = "xept_invalidation_cause",
        [typeof(VmMode)] = "xept_vm_mode",
        [typeof(DriveMode)] = "xept_drive",
        [typeof(XeProfile)] = "xept_profile",
        [typeof(PteFormatId)] = "xept_format",
        [typeof(XePt.Diagnostics.XeEventGroups)] = "xept_events",
    };

    private static readonly Dictionary<Type, string> Plain = new()
    {
        [typeof(void)] = "void",
        [typeof(byte)] = "uint8_t",
        [typeof(ushort)] = "uint16_t",
        [typeof(int)] = "int32_t",
        [typeof(uint)] = "uint32_t",
        [typeof(long)] = "int64_t",
        [typeof(ulong)] = "uint64_t",
        [typeof(nuint)] = "unsigned long",
    };

    /// <summary>A name in lower case with underscores.</summary>
    public static string Snake(string name) => Border().Replace(name, "_").ToLowerInvariant();

    /// <summary>The name of an enum, a struct or a handle.</summary>
    public static string Of(Type type) => Enums.GetValueOrDefault(type) ?? type.GetCustomAttribute<CTypeAttribute>()!.Name;

    /// <summary>The name of a constant of an enum.</summary>
    public static string Of(FieldInfo constant) => $"{Of(constant.DeclaringType!)}_{Snake(constant.Name)}".ToUpperInvariant();

    /// <summary>A handle stands for an object; C has a pointer in its place.</summary>
    public static bool IsHandle(Type type) => type.Name.EndsWith("Handle", StringComparison.Ordinal);

    /// <summary>The declaration of something that has this type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="name">Its name in C.</param>
    /// <param name="isConst">What it points to is not written.</param>
    /// <param name="parameters">Names of the parameters of a callback.</param>
    public static string Declare(Type type, string name, bool isConst = false, IReadOnlyList<string>? parameters = null)
    {
        if (type.IsFunctionPointer)
        {
            IEnumerable<string> taken = type.GetFunctionPointerParameterTypes()
                .Select((parameter, i) => Declare(parameter, parameters![i], isConst: IsStruct(parameter)));
            return $"{Plain[type.GetFunctionPointerReturnType()]} (*{name})({string.Join(", ", taken)})".Replace("int32_t (", "int (");
        }

        string stars = IsHandle(type) ? "*" : "";
        while (type.IsPointer)
        {
            type = type.GetElementType()!;
            stars += "*";
            stars += IsHandle(type) ? "*" : "";
        }

        // All bytes that are pointed to are text.
        string text = type == typeof(byte) && stars != "" ? "const char" : Plain.GetValueOrDefault(type) ?? Of(type);
        return $"{(isConst ? "const " : "")}{text} {stars}{name}";
    }

    private static bool IsStruct(Type parameter) => parameter.IsPointer
        && parameter.GetElementType() is { } type && type != typeof(void) && type != typeof(byte) && type != typeof(ConstBytes);

    [GeneratedRegex(@"(?<=[a-z])(?=[A-Z])|(?<=[a-z])(?=\d+[A-Z])")]
    private static partial Regex Border();
}
