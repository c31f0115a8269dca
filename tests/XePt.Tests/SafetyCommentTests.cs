using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace XePt.Tests;

/// <summary>
/// Who goes round the checks of the language says why that is right: a member that follows a pointer or reinterprets memory has a
/// comment that begins with <c>SAFETY:</c>, or its file has one for all of them (<c>SAFETY, all:</c>).
/// </summary>
public class SafetyCommentTests
{
    private const string Mark = "// SAFETY:", MarkOfFile = "// SAFETY, all:";

    // What reads, writes or moves without a check. SizeOf, AreSame and the like touch no memory, and MemoryMarshal checks the length of
    // what it reads and writes.
    private static readonly string[] Unchecked = [
        "Unsafe.Add", "Unsafe.AddByteOffset", "Unsafe.As", "Unsafe.AsPointer", "Unsafe.AsRef", "Unsafe.Copy", "Unsafe.CopyBlock",
        "Unsafe.CopyBlockUnaligned", "Unsafe.InitBlock", "Unsafe.InitBlockUnaligned", "Unsafe.Read", "Unsafe.ReadUnaligned",
        "Unsafe.Subtract", "Unsafe.SkipInit", "Unsafe.Write", "Unsafe.WriteUnaligned", "MemoryMarshal.CreateSpan",
        "MemoryMarshal.CreateReadOnlySpan",
    ];

    [Theory]
    [InlineData("src/Uapi")]
    [InlineData("src/PtEngine")]
    [InlineData("src/TlbModel")]
    [InlineData("src/CommandStreamer")]
    [InlineData("src/Native")]
    public void Unsafe_code_says_why_it_is_right(string folder)
    {
        string[] files = [.. Sources(Path.Combine(RepositoryPaths.Root, folder))];
        Assert.NotEmpty(files);
        // One text, so that a failure shows them all.
        Assert.Equal("", string.Join('\n', files.SelectMany(
            file => Silent(Path.GetRelativePath(RepositoryPaths.Root, file), File.ReadAllText(file)))));
    }

    [Theory]
    [InlineData("int M(int* p) => *p;")]
    [InlineData("int M(Node* p) => p->Next;")]
    [InlineData("int M(ref int p) => Unsafe.Add(ref p, 1);")]
    [InlineData("Span<int> M(ref int p) => MemoryMarshal.CreateSpan(ref p, 2);")]
    public void A_member_that_says_nothing_is_seen(string member)
    {
        Assert.Equal(["a.cs:3"], Silent("a.cs", $"unsafe class User\n{{\n{member}\n}}"));
        Assert.Empty(Silent("a.cs", $"unsafe class User\n{{\n    // SAFETY: p is good.\n{member}\n}}"));
        Assert.Empty(Silent("a.cs", $"// SAFETY, all: pointers are good.\nunsafe class User\n{{\n{member}\n}}"));
    }

    private static IEnumerable<string> Silent(string file, string text) =>
        from member in CSharpSyntaxTree.ParseText(text).GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>()
        where member is not (BaseTypeDeclarationSyntax or BaseNamespaceDeclarationSyntax)
        where member.DescendantNodes().Any(GoesRoundChecks) && !member.ToFullString().Contains(Mark, StringComparison.Ordinal)
        where !text.Contains(MarkOfFile, StringComparison.Ordinal)
        select $"{file}:{member.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    private static bool GoesRoundChecks(SyntaxNode node) => node switch
    {
        PrefixUnaryExpressionSyntax unary => unary.IsKind(SyntaxKind.PointerIndirectionExpression),
        MemberAccessExpressionSyntax { RawKind: (int)SyntaxKind.PointerMemberAccessExpression } => true,
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax called } =>
            Unchecked.Contains($"{called.Expression}.{called.Name.Identifier.Text}"),
        _ => false,
    };

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs").Concat(
        Directory.EnumerateDirectories(folder).Where(path => Path.GetFileName(path) is not ("bin" or "obj")).SelectMany(Sources));
}
