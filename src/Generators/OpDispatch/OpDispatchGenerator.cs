using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Writes the way from op enums to their handlers and refuses an op that nobody handles.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class OpDispatchGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context) => PartialMethod.Register(
        context, OpDispatchParser.AttributeName, OpDispatchParser.Parse, OpDispatchEmitter.Emit, "OpDispatchResults", "OpDispatches");
}
