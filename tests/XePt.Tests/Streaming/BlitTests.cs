using XePt.Devices;
using XePt.Streaming;
using XePt.Uapi;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Copies and fills, against a plain model of the bytes.</summary>
public sealed class BlitTests : IDisposable
{
    private const ulong From = Data, To = Data + 0x10_0000;

    private readonly StreamScene _scene = new(XePlatforms.Bmg);

    public void Dispose() => _scene.Dispose();

    /// <summary>Tiling by its number in a fast copy and in a block copy, and where the bits of a byte's address come from, highest
    /// first.</summary>
    public static TheoryData<int, int, string> Tilings
    {
        get
        {
            var data = new TheoryData<int, int, string>();
            foreach (int bytes in new[] { 1, 2, 4, 8, 16 })
            {
                data.Add(0, bytes, "");
                data.Add(1, bytes, "YYYXXXXXXXXX");
                data.Add(2, bytes, "YYXYXXYYXXXX");
                data.Add(3, bytes, bytes switch { 1 => "YYYX", 2 or 4 => "YYXX", _ => "YXXX" } + "YYXYXXYYXXXX");
            }

            return data;
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4097, 3)]
    [InlineData(0x4_0000, 5)]
    public void Mem_copy_copies_a_line_of_bytes(int size, uint offset)
    {
        byte[] bytes = Random(size, From + offset);
        _scene.Run(new BatchWords().Add(0x5680_0008, (uint)size - 1, 0, 0, 0, (uint)From + offset, 0, (uint)To + 1, 0, 0));
        Assert.Equal([0, .. bytes, 0], Read(To, size + 2));
    }

    [Fact]
    public void Mem_copy_copies_pages_and_rows_with_pitches()
    {
        byte[] bytes = Random(0x1_0000, From);
        _scene.Run(new BatchWords().Add(0x5688_0008, 2, 0, 0, 0, (uint)From + 256, 0, (uint)To, 0, 0));
        Assert.Equal([.. bytes[256..1024], 0], Read(To, 769));

        // 5 rows of 100 bytes, from a pitch of 300 to one of 128.
        _scene.Run(new BatchWords().Add(0x5682_0008, 99, 4, 299, 127, (uint)From, 0, (uint)To + 0x1000, 0, 0));
        byte[] rows = Read(To + 0x1000, 5 * 128);
        for (int i = 0; i < 5; i++)
            Assert.Equal([.. bytes[(300 * i)..((300 * i) + 100)], .. new byte[28]], rows[(128 * i)..(128 * (i + 1))]);
    }

    [Fact]
    public void Mem_set_fills_a_line_or_rows()
    {
        _scene.Run(new BatchWords().Add(0x56c0_0005, 9, 0, 0, (uint)To + 3, 0, 0xab00_0000)
            .Add(0x56c2_0005, 1, 2, 7, (uint)To + 0x100, 0, 0xcd00_0000));
        Assert.Equal([0, 0, 0, .. Enumerable.Repeat((byte)0xab, 10), 0], Read(To, 14));
        Assert.Equal([0xcd, 0xcd, 0, 0, 0, 0, 0, 0, 0xcd, 0xcd, 0, 0, 0, 0, 0, 0, 0xcd, 0xcd, 0], Read(To + 0x100, 19));
    }

    [Fact]
    public void A_large_blit_goes_by_spans()
    {
        long before = _scene.Streamer.Counters.Accesses;
        _scene.Run(new BatchWords().Add(0x5688_0008, 0xfff, 0, 0, 0, (uint)From, 0, (uint)To, 0, 0));
        // 1 MiB in chunks of 64 KiB, each read and written, and some lines of instructions.
        Assert.InRange(_scene.Streamer.Counters.Accesses - before, 32, 40);
    }

    [Fact]
    public void A_blit_is_interrupted_by_its_budget_and_goes_on()
    {
        using var scene = new StreamScene(options: new CommandStreamerOptions { RunsByItself = false });
        scene.SetWide(0xf_fff8, 0x1234);
        Fence fence = scene.Submit(new BatchWords().Add(0x5688_0008, 0xfff, 0, 0, 0, (uint)From, 0, (uint)To, 0, 0).End());
        int calls = 1;
        while (scene.Streamer.Run(10).Jobs > 0)
            calls++;
        Assert.Equal((true, 0x1234ul), (fence.IsSignalled, scene.Wide(0x1f_fff8)));
        Assert.InRange(calls, 10, 40);
    }

    [Theory, MemberData(nameof(Tilings)), Rule("RN-067")]
    public void Fast_copy_goes_into_a_tiled_surface_and_back(int tiling, int bytes, string bits)
    {
        const int Width = 150, Height = 70, Left = 17, Top = 9;
        int pitch = 4096, linear = Width * bytes;
        byte[] source = Random(linear * Height, From);
        uint depth = bytes switch { 1 => 0, 2 => 1, 4 => 3, 8 => 4, _ => 5u } << 24;
        uint word(int tiledPitch) => depth | 0xc000_0000 | (uint)(tiling == 0 ? tiledPitch : tiledPitch / 4);
        _scene.Run(new BatchWords().Add(
            0x5080_0008 | ((uint)tiling << 13), word(pitch), Corner(Left, Top), Corner(Left + Width, Top + Height), (uint)To, 0,
            0, (uint)linear, (uint)From, 0));

        byte[] tiled = Read(To, 0x8_0000);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < linear; x++)
                Assert.Equal(source[(y * linear) + x], tiled[Address(bits, pitch, x + (Left * bytes), y + Top)]);
        }

        _scene.Run(new BatchWords().Add(
            0x5080_0008 | ((uint)tiling << 20), depth | 0xc000_0000 | (uint)linear, 0, Corner(Width, Height), (uint)From + 0x8_0000, 0,
            Corner(Left, Top), word(pitch), (uint)To, 0));
        Assert.Equal(source, Read(From + 0x8_0000, source.Length));
    }

    [Theory, MemberData(nameof(Tilings)), Rule("RN-067")]
    public void Block_copy_and_fast_color_do_so_too(int tiling, int bytes, string bits)
    {
        const int Width = 40, Height = 50, Left = 5, Top = 3;
        const int Pitch = 4096;
        int linear = Width * bytes;
        byte[] source = Random(linear * Height, From);
        uint depth = (uint)int.Log2(bytes) switch { 4 => 5, uint log => log } << 19;
        uint to = ((uint)tiling << 30) | (uint)((tiling == 0 ? Pitch : Pitch / 4) - 1);
        // Half of the place is in the corner, half in the offset.
        _scene.Run(new BatchWords().Add(
            0x5040_000a | depth, to, Corner(2, 1), Corner(2 + Width, 1 + Height), (uint)To, 0, Corner(Left - 2, Top - 1),
            0, (uint)linear - 1, (uint)From, 0, 0));
        byte[] tiled = Read(To, 0x8_0000);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < linear; x++)
                Assert.Equal(source[(y * linear) + x], tiled[Address(bits, Pitch, x + (Left * bytes), y + Top)]);
        }

        uint[] color = [0x1122_3344, 0x5566_7788, 0x99aa_bbcc, 0xddee_ff00];
        byte[] pixel = System.Runtime.InteropServices.MemoryMarshal.AsBytes(color.AsSpan())[..bytes].ToArray();
        _scene.Run(new BatchWords().Add(0x5100_000e | depth, to, Corner(Left, Top), Corner(Left + Width, Top + Height), (uint)To, 0, 0)
            .Add(color).Add(0, 0, 0, 0, 0));
        byte[] filled = Read(To, 0x8_0000);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < linear; x++)
            {
                int at = Address(bits, Pitch, x + (Left * bytes), y + Top);
                Assert.Equal(pixel[x % bytes], filled[at]);
                tiled[at] = filled[at];
            }
        }

        // And nothing else.
        Assert.Equal(tiled, filled);
    }

    [Fact]
    public void Block_copy_finds_a_layer_of_an_array()
    {
        byte[] source = Random(64, From);
        // Layer 3 of layers that are 8 rows apart; the words of whole surfaces are 10.
        _scene.Run(new BatchWords().Add(
            0x5040_0014, 63, 0, Corner(64, 1), (uint)To, 0, 0, 0, 63, (uint)From, 0, 0, 0, 0, 0, 0, 0, 2 << 4, 3 << 21, 0, 0, 0));
        Assert.Equal(source, Read(To + (3 * 8 * 64), 64));
    }

    [Fact, Rule("RN-067")]
    public void What_is_not_modelled_of_blits_is_stepped_over_and_counted()
    {
        _scene.Run(new BatchWords()
            .Add(0x5040_0014).Add(new uint[16]).Add(1, 0, 0, 0, 0)                             // a mip level
            .Add(0x5040_000a | (7 << 19)).Add(new uint[11])                                    // no depth
            .Add(0x5080_0008, 2 << 24).Add(new uint[8])
            .Add(0x5200_0003, 0, 0, 0, 0)                                                      // compression data
            .Add(0x5500_0001, 0, 0));
        Assert.Equal(
            ["2D 0x54", "XY_BLOCK_COPY_BLT (color depth)", "XY_BLOCK_COPY_BLT (mip level)", "XY_CTRL_SURF_COPY_BLT",
             "XY_FAST_COPY_BLT (color depth)"], _scene.Streamer.SteppedOver.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_older_commands_copy_and_fill()
    {
        using var scene = new StreamScene(XePlatforms.Tgl);
        for (ulong i = 0; i < 0x1000; i += 4)
            scene[i] = (uint)i * 0x9e37_79b9;
        // 3 pixels of 4 bytes, 2 rows; then 2 bytes each, 4 by 2.
        scene.Run(new BatchWords()
            .Add(0x54c0_0008, (3 << 24) | 0xcc_0000 | 64, Corner(1, 0), Corner(4, 2), (uint)To, 0, Corner(2, 1), 32, (uint)From, 0)
            .Add(0x5400_0005, (1 << 24) | 0xf0_0000 | 16, Corner(0, 0), Corner(4, 2), (uint)To + 0x1000, 0, 0x1234));
        for (ulong y = 0; y < 2; y++)
        {
            Assert.Equal(0u, scene[0x10_0000 + (64 * y)]);
            for (ulong x = 0; x < 3; x++)
                Assert.Equal(scene[(32 * (y + 1)) + (4 * (x + 2))], scene[0x10_0000 + (64 * y) + (4 * (x + 1))]);
            Assert.Equal((0x1234_1234_1234_1234ul, 0ul), (scene.Wide(0x10_1000 + (16 * y)), scene.Wide(0x10_1008 + (16 * y))));
        }
    }

    [Fact]
    public void Empty_and_inverted_rectangles_move_nothing()
    {
        _scene.Run(new BatchWords().Add(0x5080_0008, 3 << 24 | 64, Corner(5, 5), Corner(5, 9), (uint)To, 0, 0, 64, (uint)From, 0)
            .Add(0x5080_0008, 3 << 24 | 64, Corner(5, 5), Corner(2, 2), (uint)To, 0, 0, 64, (uint)From, 0));
        Assert.Equal(new byte[4096], Read(To, 4096));
    }

    private static uint Corner(int x, int y) => (uint)x | ((uint)y << 16);

    /// <summary>From the string of bits, one by one.</summary>
    private static int Address(string bits, int pitch, int x, int y)
    {
        if (bits == "")
            return (y * pitch) + x;
        int width = 1 << bits.Count(bit => bit == 'X'), height = 1 << bits.Count(bit => bit == 'Y');
        int address = ((y / height * (pitch / width)) + (x / width)) << bits.Length;
        (x, y) = (x % width, y % height);
        for (int i = 0; i < bits.Length; i++)
        {
            bool isX = bits[bits.Length - 1 - i] == 'X';
            address |= ((isX ? x : y) & 1) << i;
            (x, y) = isX ? (x >> 1, y) : (x, y >> 1);
        }

        return address;
    }

    private byte[] Random(int size, ulong at)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        Assert.True(_scene.Vm.Write(at, bytes).IsDone);
        return bytes;
    }

    private byte[] Read(ulong at, int size)
    {
        var bytes = new byte[size];
        Assert.True(_scene.Vm.Read(at, bytes).IsDone);
        return bytes;
    }
}
