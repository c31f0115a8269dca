using XePt.Generators.OpDispatch;

namespace XePt.Generators.Tests.OpDispatch;

public class OpDispatchDiagnosticTests
{
    private const string HandlesA = "[HandlesOp(Op.A)] static int A(ref long state) => 0;";
    private const string HandlesB = "[HandlesOp(Op.B)] static int B(ref long state) => 0;";

    [Theory]
    [InlineData("static partial class D { [OpDispatch] static int Run(Op op) => 0; }")]
    [InlineData("static partial class D { [OpDispatch] private static partial int Run<T>(Op op); }")]
    [InlineData("static partial class D { [OpDispatch] private static partial ref int Run(Op op); }")]
    [InlineData("static partial class D<T> { [OpDispatch] private static partial int Run(Op op); }")]
    [InlineData("static partial class O { static partial class D { [OpDispatch] private static partial int Run(Op op); } }")]
    public void XEPT0401_the_body_cannot_be_written(string source) => Run(source).AssertDiagnostic("XEPT0401", "Run");

    [Theory]
    [InlineData("")]
    [InlineData("uint op")]
    [InlineData("ref Op op")]
    [InlineData("string text, Op op")]
    public void XEPT0402_the_first_parameter_is_no_enum(string parameters)
    {
        var message = Run($"static partial class D {{ [OpDispatch] private static partial int Run({parameters}); }}")
            .AssertDiagnostic("XEPT0402", "Run");
        Assert.Equal("The first parameter of 'Run' must be an enum, by value", message);
    }

    [Fact]
    public void XEPT0403_a_new_op_without_handler_is_a_build_error()
    {
        var message = RunDispatch(HandlesA).AssertDiagnostic("XEPT0403", "Run");
        Assert.Equal("'Run' has no handler for Op.B: add a method with [HandlesOp(Op.B)]", message);
    }

    [Fact]
    public void XEPT0403_a_new_bind_op_is_noticed_in_the_enum_of_another_assembly()
    {
        var handlers = "Map,Unmap,MapUserptr,UnmapAll".Split(',').Select(op => $"[HandlesOp(VmBindOp.{op})] static void {op}() {{ }}");
        var run = Run($"static partial class D {{ [OpDispatch] static partial void Run(VmBindOp op); {string.Concat(handlers)} }}");
        Assert.Contains("VmBindOp.Prefetch", run.AssertDiagnostic("XEPT0403", "Run"), StringComparison.Ordinal);
    }

    [Fact]
    public void XEPT0403_a_handler_of_another_stage_does_not_count()
    {
        var message = RunDispatch(
            HandlesA + HandlesB.Replace("(Op.B)", "(Op.B, For = nameof(Run))", StringComparison.Ordinal)
            + "[OpDispatch] private static partial int Undo(Op op, ref long state);").AssertDiagnostic("XEPT0403", "Undo");
        Assert.Equal("'Undo' has no handler for Op.B: add a method with [HandlesOp(Op.B)]", message);
    }

    [Fact]
    public void XEPT0404_two_handlers_of_one_op()
    {
        var message = RunDispatch(HandlesA + HandlesB + "[HandlesOp(Op.B)] static int C(ref long state) => 0;")
            .AssertDiagnostic("XEPT0404", "HandlesOp(Op.B)");
        Assert.Equal("Op.B is handled by 'B' and by 'C'", message);
    }

    [Fact]
    public void XEPT0404_two_handlers_of_one_value_under_two_names() =>
        RunDispatch(HandlesA + HandlesB + "[HandlesOp(Op.AlsoB)] static int C(ref long state) => 0;")
            .AssertDiagnostic("XEPT0404", "HandlesOp(Op.AlsoB)");

    [Theory]
    [InlineData("(Op)9", "9")]
    [InlineData("1", "1")]
    [InlineData("VmBindOp.Map", "XePt.Uapi.VmBindOp.Map")]
    [InlineData("\"B\"", "\"B\"")]
    public void XEPT0405_handler_of_something_that_is_no_member(string op, string shown)
    {
        var message = RunDispatch($"{HandlesA}{HandlesB}[HandlesOp({op})] static int C(ref long state) => 0;")
            .AssertDiagnostic("XEPT0405", $"HandlesOp({op})");
        Assert.Equal($"'C' handles {shown}, which is no member of Op", message);
    }

    [Theory]
    [InlineData("static long B(ref long state) => 0;")]
    [InlineData("static int B(long state) => 0;")]
    [InlineData("static int B(ref int state) => 0;")]
    [InlineData("static int B(ref long state, int more) => 0;")]
    [InlineData("static int B() => 0;")]
    [InlineData("int B(ref long state) => 0;")]
    public void The_compiler_refuses_a_handler_that_cannot_be_called(string method) =>
        Assert.NotEmpty(
            Run($"partial class D {{ [OpDispatch] private static partial int Run(Op op, ref long " +
            $"state); {HandlesA}[HandlesOp(Op.B)]{method} }}").Errors);

    private static GeneratorRun RunDispatch(string handlers) =>
        Run($"static partial class D {{ [OpDispatch] private static partial int Run(Op op, ref long state); {handlers} }}");

    private static GeneratorRun Run(string source) => GeneratorHarness.Run(new OpDispatchGenerator(), $$"""
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace N;

        public enum Op { A, B, AlsoB = B }

        {{source}}
        """);
}
