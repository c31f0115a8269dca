using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Tests.Kit;

/// <summary>Members of assemblies that nothing in these assemblies uses, seen in what the compiler has made of them.</summary>
internal static class UnusedMembers
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value & 0xffff);

    /// <summary>Methods, constructors, properties and fields, as <c>Type.Member</c>, that only their own assembly sees and that no method
    /// but themselves names. What the runtime or a base type calls is used, and what a compiler has added for records is
    /// nobody's.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<Assembly> assemblies)
    {
        Type[] types = [.. assemblies.SelectMany(assembly => assembly.GetTypes())];
        HashSet<(Module, int)> used = [];
        foreach (MethodBase method in types.SelectMany(Bodies))
            used.UnionWith(Named(method).Where(member => member != (method.Module, method.MetadataToken)));
        return types.Where(type => !IsMadeByCompiler(type)).SelectMany(Members).Where(member => !IsPublic(member)
            && !used.Contains((member.Module, member.MetadataToken))).Select(member => $"{NameOf(member.DeclaringType!)}.{NameOf(member)}");
    }

    private static IEnumerable<MethodBase> Bodies(Type type) => type.GetMethods(Declared).AsEnumerable<MethodBase>()
        .Concat(type.GetConstructors(Declared));

    private static IEnumerable<MemberInfo> Members(Type type) =>
        Bodies(type).Where(method => !IsCalledFromOutside(method)).AsEnumerable<MemberInfo>()
            // Fields of structs are what others see in memory, used or not.
            .Concat(type.IsValueType ? [] : type.GetFields(Declared).Where(field => !field.IsLiteral && !IsMadeByCompiler(field)));

    private static bool IsCalledFromOutside(MethodBase method) =>
        method.IsVirtual || method.IsAbstract
        || (method is ConstructorInfo && (method.IsPrivate || method.IsStatic || method.GetParameters() is []))
        || typeof(Attribute).IsAssignableFrom(method.DeclaringType)
        || method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>() is not null
        || method.GetCustomAttribute<ModuleInitializerAttribute>() is not null
        || method.IsDefined(typeof(ConditionalAttribute)) || IsOfStaticInterface(method)
        || method == method.Module.Assembly.EntryPoint || method.Name is "Main" or "Deconstruct"
        || method.Name.Contains('<', StringComparison.Ordinal) || method.Name.StartsWith("op_", StringComparison.Ordinal)
        || (method.Name.StartsWith("set_", StringComparison.Ordinal) && IsInit(method))
        || (IsMadeByCompiler(method) && !method.Name.StartsWith("get_", StringComparison.Ordinal)
            && !method.Name.StartsWith("set_", StringComparison.Ordinal));

    private static bool IsOfStaticInterface(MethodBase method) => method.IsStatic && method.DeclaringType!.GetInterfaces()
        .Any(type => type.GetMethods(Declared).Any(declared => declared.IsStatic && declared.Name == method.Name));

    private static bool IsInit(MethodBase setter) =>
        ((MethodInfo)setter).ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsMadeByCompiler(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) || member.Name.Contains('<', StringComparison.Ordinal)
        || member.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), inherit: false);

    private static bool IsPublic(MemberInfo member) => member.DeclaringType!.IsVisible && member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        _ => true,
    };

    private static string NameOf(MemberInfo member) => member switch
    {
        Type { DeclaringType: { } outer } type => $"{NameOf(outer)}.{type.Name}",
        Type type => type.Name,
        ConstructorInfo => "new",
        _ => member.Name.StartsWith("get_", StringComparison.Ordinal) ? member.Name[4..] : member.Name,
    };

    private static IEnumerable<(Module, int)> Named(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
            yield break;
        Type[] ofType = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : [];
        Type[] ofMethod = method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : [];
        for (int at = 0; at < code.Length;)
        {
            OpCode op = Codes[code[at] == 0xfe ? 0xfe00 | code[at + 1] : code[at]];
            at += op.Size;
            if (op.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok
                && method.Module.ResolveMember(BitConverter.ToInt32(code, at), ofType, ofMethod) is { } member)
                yield return (member.Module, member.MetadataToken);
            at += SizeOf(op.OperandType, code, at);
        }
    }

    private static int SizeOf(OperandType operand, byte[] code, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };
}
