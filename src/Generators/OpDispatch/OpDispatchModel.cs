using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>One method with <c>[OpDispatch]</c>.</summary>
/// <param name="Method">The method; its first parameter is the op.</param>
/// <param name="OpsType">The op enum.</param>
/// <param name="Cases">The ops with their handlers, in the order of the enum.</param>
internal sealed record OpDispatchModel(PartialMethod Method, string OpsType, EquatableArray<CaseModel> Cases);

/// <summary>One op.</summary>
/// <param name="Op">The member of the enum.</param>
/// <param name="Handler">The method to call.</param>
internal sealed record CaseModel(string Op, string Handler);
