using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>One method with <c>[OpDispatch]</c>, in pieces of source code.</summary>
/// <param name="Namespace">Namespace of its type.</param>
/// <param name="Type">Its type, for example <c>class BindStage</c>.</param>
/// <param name="Name">Type and method, for example <c>BindStage.Prepare</c>.</param>
/// <param name="Declaration">Modifiers, result, name and parameters.</param>
/// <param name="ReturnsVoid">Whether there is no result.</param>
/// <param name="OpsType">The op enum.</param>
/// <param name="Selector">The parameter that is the op.</param>
/// <param name="Arguments">The other parameters, as a call passes them on.</param>
/// <param name="Cases">The ops with their handlers, in the order of the enum.</param>
internal sealed record OpDispatchModel(
    string Namespace,
    string Type,
    string Name,
    string Declaration,
    bool ReturnsVoid,
    string OpsType,
    string Selector,
    string Arguments,
    EquatableArray<CaseModel> Cases);

/// <summary>One arm of the switch.</summary>
/// <param name="Op">The member of the enum.</param>
/// <param name="Handler">The method to call.</param>
internal sealed record CaseModel(string Op, string Handler);
