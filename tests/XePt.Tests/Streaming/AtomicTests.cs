using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>MI_ATOMIC: every operation on both sizes, against what it does by itself.</summary>
public sealed class AtomicTests : IDisposable
{
    private readonly StreamScene _scene = new();

    public static TheoryData<uint, bool> Operations =>
        [.. from code in Enumerable.Range(1, 15) from isWide in new[] { false, true } select ((uint)code, isWide)];

    public void Dispose() => _scene.Dispose();

    [Theory, MemberData(nameof(Operations))]
    public void An_operation_changes_memory_and_returns_what_was_there(uint code, bool isWide)
    {
        ulong[] values = [0, 1, 5, 0x8000_0000, 0xffff_ffff, 0x8000_0000_0000_0000, ulong.MaxValue, 0x1234_5678_9abc_def0];
        foreach (ulong memory in values)
        {
            foreach (ulong operand in values)
            {
                _scene.SetWide(0, memory);
                _scene.Run(Inline(code, isWide, Data, operand, 0x77).StoreGeneral(0, Data + 8));
                (ulong before, ulong first) = isWide ? (memory, operand) : ((uint)memory, (uint)operand);
                ulong after = Model(code, isWide, before, first, 0x77);
                Assert.Equal(isWide ? after : (memory & 0xffff_ffff_0000_0000) | (uint)after, _scene.Wide(0));
                ulong returned = code == 15 ? before - 1 : before;
                Assert.Equal(isWide ? returned : (uint)returned, _scene.Wide(8));
            }
        }
    }

    [Theory]
    [InlineData(5, 8u)]
    [InlineData(6, 6u)]
    [InlineData(7, 17u)]
    public void The_short_form_takes_its_operand_from_a_register(uint code, uint after)
    {
        _scene[0] = 7;
        _scene.Run(new BatchWords().Load(General(0), 10).Add(0x1780_0001 | (code << 8), (uint)Data, 0).StoreRegister(General(0), Data + 4));
        Assert.Equal((after, 10u), (_scene[0], _scene[4]));
    }

    [Fact]
    public void Numbers_of_no_operation_and_global_addresses_do_nothing()
    {
        _scene.Run(new BatchWords().Add(0x1780_0001, (uint)Data, 0).Add(0x1780_4e01, (uint)Data, 0).Add(0x17c0_0501, (uint)Data, 0));
        Assert.Equal(0u, _scene[0]);
        Assert.Equal(["MI_ATOMIC (global)", "MI_ATOMIC 0x00", "MI_ATOMIC 0x4e"], _scene.Streamer.SteppedOver.Keys.Order());
    }

    private static BatchWords Inline(uint code, bool isWide, ulong va, ulong first, ulong second) => new BatchWords().Add(
        0x1780_0009 | (1 << 18) | (1 << 16) | (isWide ? 1u << 19 : 0) | ((code + (isWide ? 0x20u : 0)) << 8), (uint)va, (uint)(va >> 32),
        (uint)first, (uint)second, (uint)(first >> 32), (uint)(second >> 32), 0, 0, 0, 0);

    private static ulong Model(uint code, bool isWide, ulong old, ulong a, ulong b)
    {
        long signedOld = isWide ? (long)old : (int)old, signedA = isWide ? (long)a : (int)a;
        return code switch
        {
            1 => old & a,
            2 => old | a,
            3 => old ^ a,
            4 => a,
            5 => old + 1,
            6 or 15 => old - 1,
            7 => old + a,
            8 => old - a,
            9 => a - old,
            10 => (ulong)Math.Max(signedOld, signedA),
            11 => (ulong)Math.Min(signedOld, signedA),
            12 => Math.Max(old, a),
            13 => Math.Min(old, a),
            _ => old == a ? b : old,
        };
    }
}
