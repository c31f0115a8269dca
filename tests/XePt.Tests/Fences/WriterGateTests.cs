using XePt.Fences;

namespace XePt.Tests.Fences;

public class WriterGateTests
{
    [Fact]
    public void Nobody_leaves_a_gate_that_his_thread_is_not_in()
    {
        var gate = new WriterGate();
        Assert.Throws<InvalidOperationException>(gate.Exit);
        Assert.Equal((false, true), (WriterGate.IsAnyHeldHere, gate.IsFree));

        gate.Enter();
        Exception? elsewhere = null;
        var other = new Thread(() => elsewhere = Record.Exception(gate.Exit));
        other.Start();
        other.Join();
        Assert.IsType<InvalidOperationException>(elsewhere);
        Assert.True(gate.IsHeldHere);
        gate.Exit();
        Assert.Equal((false, true, false), (gate.IsHeldHere, gate.IsFree, WriterGate.IsAnyHeldHere));
    }

    [Fact]
    public void Whoever_is_inside_a_gate_does_not_wait_for_it_nor_for_another_one()
    {
        WriterGate gate = new(), other = new();
        gate.Enter();
        Assert.Throws<InvalidOperationException>(gate.Enter);
        Assert.Throws<InvalidOperationException>(other.Enter);
        Assert.False(gate.TryEnter());
        Assert.True(other.TryEnter());
        other.Exit();
        Assert.True(gate.IsHeldHere);
        gate.Exit();
        Assert.False(WriterGate.IsAnyHeldHere);
    }
}
