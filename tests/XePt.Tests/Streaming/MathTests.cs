using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Streaming.Alu;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>MI_MATH, by operation and as random programs against a plain model of registers.</summary>
public sealed class MathTests : IDisposable
{
    private static readonly ulong[] s_values = [
        0, 1, 2, 63, 64, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, ulong.MaxValue, 0x0123_4567_89ab_cdef];

    private readonly StreamScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory, Rule("RN-066")]
    [InlineData(Add)]
    [InlineData(Subtract)]
    [InlineData(And)]
    [InlineData(Or)]
    [InlineData(Xor)]
    [InlineData(ShiftLeft)]
    [InlineData(ShiftRight)]
    [InlineData(ShiftRightSigned)]
    public void An_operation_gives_its_result_and_both_flags(uint code)
    {
        foreach (ulong a in s_values)
        {
            foreach (ulong b in s_values)
            {
                _scene.Run(new BatchWords().LoadGeneral(0, a).LoadGeneral(1, b)
                    .Math(Load(A, 0), Load(B, 1), Of(code), Store(2, Accumulator), Store(3, Zero), Store(4, Carry),
                        Of(StoreInverted, 5, Accumulator))
                    .StoreGeneral(2, Data).StoreGeneral(3, Data + 8).StoreGeneral(4, Data + 16).StoreGeneral(5, Data + 24));
                (ulong result, bool carry) = Calculate(code, a, b);
                Assert.Equal((a, b, result), (a, b, _scene.Wide(0)));
                Assert.Equal((result == 0 ? ulong.MaxValue : 0, carry ? ulong.MaxValue : 0, ~result),
                    (_scene.Wide(8), _scene.Wide(16), _scene.Wide(24)));
            }
        }
    }

    [Fact, Rule("RN-066")]
    public void Sources_are_loaded_plain_inverted_zero_and_all_ones()
    {
        _scene.Run(new BatchWords().LoadGeneral(0, 0xf0)
            .Math(Of(LoadInverted, A, 0), Of(Load0, B), Of(Add), Store(1, Accumulator))
            .Math(Of(Load1, A), Load(B, 0), Of(And), Store(2, Accumulator))
            .StoreGeneral(1, Data).StoreGeneral(2, Data + 8));
        Assert.Equal((~0xf0ul, 0xf0ul), (_scene.Wide(0), _scene.Wide(8)));
    }

    [Fact, Rule("RN-066")]
    public void Registers_name_memory_that_is_loaded_and_stored()
    {
        _scene.SetWide(0x40, 0x1122_3344_5566_7788);
        _scene.Run(new BatchWords().LoadGeneral(0, Data).LoadGeneral(1, 0x40)
            .Math(Load(A, 0), Load(B, 1), Of(Add), Of(LoadIndirect, 2, Accumulator), Of(0x001), Load(A, 2), Of(Load0, B), Of(Add),
                Of(StoreIndirect, 0, 2), Of(0x002)));
        Assert.Equal(0x1122_3344_5566_7788ul, _scene.Wide(0));
    }

    [Fact, Rule("RN-066")]
    public void What_came_with_12_5_is_stepped_over_before()
    {
        using var scene = new StreamScene(XePlatforms.Tgl);
        scene.Run(new BatchWords().LoadGeneral(0, 1)
            .Math(Load(A, 0), Load(B, 0), Of(Add), Of(ShiftLeft), Of(LoadIndirect, 1, 0), Of(StoreIndirect, 0, 0), Store(2, Accumulator))
            .StoreGeneral(2, Data));
        Assert.Equal(2ul, scene.Wide(0));
        Assert.Equal(["MI_MATH 0x082", "MI_MATH 0x105", "MI_MATH 0x181"], scene.Streamer.SteppedOver.Keys.Order());
    }

    [Fact, Rule("RN-066")]
    public void Random_programs_leave_the_registers_of_a_plain_model()
    {
        var random = new Random(11);
        for (int round = 0; round < 300; round++)
        {
            var model = new Model();
            var words = new BatchWords();
            for (int i = 0; i < 16; i++)
            {
                model.Registers[i] = random.Next(4) == 0 ? s_values[random.Next(s_values.Length)] : (ulong)random.NextInt64();
                words.LoadGeneral(i, model.Registers[i]);
            }

            for (int part = 0; part < 3; part++)
            {
                uint[] program = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => Operation(random))];
                model.Run(program);
                words.Math(program);
            }

            for (int i = 0; i < 16; i++)
                words.StoreGeneral(i, Data + (8 * (ulong)i));
            _scene.Run(words);
            Assert.Equal(model.Registers, Enumerable.Range(0, 16).Select(i => _scene.Wide(8 * (ulong)i)));
        }
    }

    private static uint Operation(Random random) => random.Next(10) switch
    {
        0 => Of(random.Next(2) == 0 ? LoadCode : LoadInverted, random.Next(2) == 0 ? A : B, (uint)random.Next(16)),
        1 or 2 => Load(random.Next(2) == 0 ? A : B, (uint)random.Next(16)),
        3 => Of(random.Next(2) == 0 ? Load0 : Load1, random.Next(2) == 0 ? A : B),
        4 or 5 => Of(random.Next(2) == 0 ? StoreCode : StoreInverted, (uint)random.Next(16), Accumulator),
        6 => Store((uint)random.Next(16), random.Next(2) == 0 ? Zero : Carry),
        _ => Of((uint)random.Next((int)Add, (int)ShiftRightSigned + 1)),
    };

    private static (ulong Result, bool Carry) Calculate(uint code, ulong a, ulong b) => code switch
    {
        Add => (a + b, (UInt128)a + b > ulong.MaxValue),
        Subtract => (a - b, a < b),
        And => (a & b, false),
        Or => (a | b, false),
        Xor => (a ^ b, false),
        ShiftLeft => (a << (int)(b & 63), false),
        ShiftRight => (a >> (int)(b & 63), false),
        _ => ((ulong)((long)a >> (int)(b & 63)), false),
    };

    private sealed class Model
    {
        private readonly ulong[] _sources = new ulong[2];

        public ulong[] Registers { get; } = new ulong[16];

        public void Run(uint[] program)
        {
            (ulong accumulator, bool zero, bool carry) = (0, false, false);
            _sources.AsSpan().Clear();
            foreach (uint word in program)
            {
                (uint code, int first, uint second) = (word >> 20, (int)((word >> 10) & 0x3ff), word & 0x3ff);
                ulong invert = (code & 0x400) != 0 ? ulong.MaxValue : 0;
                switch (code & ~0x400u)
                {
                    case LoadCode:
                        _sources[first - (int)A] = Registers[second] ^ invert;
                        break;
                    case Load0:
                        _sources[first - (int)A] = invert;
                        break;
                    case StoreCode:
                        ulong from = second switch
                        {
                            Accumulator => accumulator,
                            Zero => zero ? ulong.MaxValue : 0,
                            _ => carry ? ulong.MaxValue : 0,
                        };
                        Registers[first] = from ^ invert;
                        break;
                    default:
                        (accumulator, carry) = Calculate(code, _sources[0], _sources[1]);
                        zero = accumulator == 0;
                        break;
                }
            }
        }
    }
}
