using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.Ioctls;

/// <summary>Writes the untyped entry of the declared ioctls and refuses an ioctl that nobody handles.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class IoctlEntryGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context) => PartialMethod.Register(
        context, IoctlEntryParser.AttributeName, IoctlEntryParser.Parse, IoctlEntryEmitter.Emit, "IoctlEntryResults", "IoctlEntries");
}
