using XePt.Generators.OpDispatch;

namespace XePt.Generators.Tests.OpDispatch;

public class OpDispatchDiagnosticTests
{
    private const string HandlesA = "[HandlesOp(Op.A)] static int A(ref long state) => 0;";
    private const string HandlesB = "[HandlesOp(Op.B)] static int B(ref long state) => 0;";

    [Theory]
    [InlineData("public partial class D;")]
    [InlineData("public static class D;")]
    [InlineData("public static partial class D<T>;")]
    public void XEPT0401_class_is_not_static_and_partial(string declaration) =>
        Run($"[OpDispatch(typeof(Op))] {declaration}").AssertDiagnostic("XEPT0401", "D");

    [Fact]
    public void XEPT0401_class_is_nested() =>
        Run("static partial class Outer { [OpDispatch(typeof(Op))] static partial class D; }").AssertDiagnostic("XEPT0401", "D");

    [Fact]
    public void XEPT0402_dispatch_on_something_that_is_no_enum()
    {
        var message = Run("[OpDispatch(typeof(uint))] static partial class D;").AssertDiagnostic("XEPT0402", "D");
        Assert.Equal("'D' dispatches on 'uint', which is no enum", message);
    }

    [Fact]
    public void XEPT0403_a_new_op_without_handler_is_a_build_error()
    {
        var message = RunDispatch(HandlesA).AssertDiagnostic("XEPT0403", "D");
        Assert.Equal("'D' has no handler for Op.B: add a method with [HandlesOp(Op.B)]", message);
    }

    [Fact]
    public void XEPT0403_a_new_bind_op_is_noticed_in_the_enum_of_another_assembly()
    {
        var handlers = "Map,Unmap,MapUserptr,UnmapAll".Split(',').Select(op => $"[HandlesOp(VmBindOp.{op})] static void {op}() {{ }}");
        var run = Run($"[OpDispatch(typeof(VmBindOp))] static partial class D {{ {string.Concat(handlers)} }}");
        Assert.Contains("VmBindOp.Prefetch", run.AssertDiagnostic("XEPT0403", "D"), StringComparison.Ordinal);
    }

    [Fact]
    public void XEPT0404_two_handlers_of_one_op()
    {
        var message = RunDispatch(HandlesA + HandlesB + "[HandlesOp(Op.B)] static int C(ref long state) => 0;").AssertDiagnostic("XEPT0404", "HandlesOp(Op.B)");
        Assert.Equal("Op.B is handled by 'B' and by 'C'", message);
    }

    [Fact]
    public void XEPT0404_two_handlers_of_one_value_under_two_names() =>
        RunDispatch(HandlesA + HandlesB + "[HandlesOp(Op.AlsoB)] static int C(ref long state) => 0;").AssertDiagnostic("XEPT0404", "HandlesOp(Op.AlsoB)");

    [Theory]
    [InlineData("static long B(ref long state) => 0;")]
    [InlineData("static int B(in long state) => 0;")]
    [InlineData("static int B(long state) => 0;")]
    [InlineData("static int B(ref int state) => 0;")]
    [InlineData("static int B(ref long state, int more) => 0;")]
    [InlineData("static int B() => 0;")]
    public void XEPT0405_signature_differs_from_the_first_handler(string method)
    {
        var message = RunDispatch(HandlesA + "[HandlesOp(Op.B)]" + method).AssertDiagnostic("XEPT0405", "B");
        Assert.Equal("'B' must have the result and the parameters of the first handler, 'A'", message);
    }

    [Theory]
    [InlineData("static int B<T>(ref long state) => 0;")]
    [InlineData("static ref int B(ref long state) => throw null!;")]
    public void XEPT0406_handler_is_generic_or_returns_a_reference(string method) =>
        RunDispatch(HandlesA + "[HandlesOp(Op.B)]" + method).AssertDiagnostic("XEPT0406", "B");

    [Theory]
    [InlineData("(Op)9", "9")]
    [InlineData("1", "1")]
    [InlineData("VmBindOp.Map", "XePt.Uapi.VmBindOp.Map")]
    [InlineData("\"B\"", "\"B\"")]
    public void XEPT0407_handler_of_something_that_is_no_member(string op, string shown)
    {
        var message = RunDispatch($"{HandlesA}{HandlesB}[HandlesOp({op})] static int C(ref long state) => 0;").AssertDiagnostic("XEPT0407", $"HandlesOp({op})");
        Assert.Equal($"'C' handles {shown}, which is no member of Op", message);
    }

    private static GeneratorRun RunDispatch(string handlers) => Run($"[OpDispatch(typeof(Op))] static partial class D {{ {handlers} }}");

    private static GeneratorRun Run(string source) => GeneratorHarness.Run(new OpDispatchGenerator(), $$"""
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace N;

        public enum Op { A, B, AlsoB = B }

        {{source}}
        """);
}
