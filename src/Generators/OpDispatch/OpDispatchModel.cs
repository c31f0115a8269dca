using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>One class with <c>[OpDispatch]</c>.</summary>
/// <param name="Namespace">Namespace of the class.</param>
/// <param name="ClassName">Name of the class.</param>
/// <param name="Accessibility">C# accessibility keyword of the class.</param>
/// <param name="OpsType">Fully qualified name of the op enum.</param>
/// <param name="Signature">The signature that all handlers share.</param>
/// <param name="Cases">The ops with their handlers, in the order of the enum.</param>
internal sealed record OpDispatchModel(
    string Namespace,
    string ClassName,
    string Accessibility,
    string OpsType,
    SignatureModel Signature,
    EquatableArray<CaseModel> Cases);

/// <summary>Result and parameters of a handler.</summary>
/// <param name="ReturnType">Fully qualified name of the result, or <c>void</c>.</param>
/// <param name="IsUnsafe">Whether a pointer occurs.</param>
/// <param name="Parameters">The parameters.</param>
internal sealed record SignatureModel(string ReturnType, bool IsUnsafe, EquatableArray<ParameterModel> Parameters)
{
    /// <summary>Whether a call can be passed on unchanged: parameter names do not matter.</summary>
    public bool IsSameAs(SignatureModel other) =>
        ReturnType == other.ReturnType
        && Parameters.Select(static parameter => parameter.Type).SequenceEqual(other.Parameters.Select(static parameter => parameter.Type));
}

/// <summary>One parameter of a handler.</summary>
/// <param name="Type">Modifiers and type as declared, for example <c>scoped ref global::N.Context</c>.</param>
/// <param name="Pass">The modifier at the call: <c>ref </c>, <c>in </c>, <c>out </c> or nothing.</param>
/// <param name="Name">The name, escaped when it is a keyword.</param>
internal sealed record ParameterModel(string Type, string Pass, string Name);

/// <summary>One arm of the switch.</summary>
/// <param name="Member">Name of the enum member, escaped when it is a keyword.</param>
/// <param name="Handler">Name of the handler, escaped when it is a keyword.</param>
internal sealed record CaseModel(string Member, string Handler);
