using System.Text;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Programs and libraries of different versions: structs that are shorter or longer than the library's.</summary>
public unsafe class SizedStructTests
{
    [Theory]
    [InlineData(4, 0)]
    [InlineData(16, 0)]
    [InlineData(0, (int)Errno.EINVAL)]
    [InlineData(3, (int)Errno.EINVAL)]
    public void A_shorter_struct_reads_as_zero_beyond_its_end(int size, int expected)
    {
        // What lies behind it would be refused.
        byte* options = stackalloc byte[sizeof(DeviceOptions)];
        new Span<byte>(options, sizeof(DeviceOptions)).Fill(0xff);
        new Span<byte>(options, size).Clear();
        *(uint*)options = (uint)size;
        Assert.Equal(expected, Create(options));
    }

    [Fact]
    public void A_longer_struct_is_taken_if_the_rest_says_nothing()
    {
        int size = sizeof(DeviceOptions) + 8;
        byte* options = stackalloc byte[size];
        new Span<byte>(options, size).Clear();
        *(uint*)options = (uint)size;
        Assert.Equal(0, Create(options));
        options[size - 1] = 1;
        Assert.Equal((int)Errno.E2BIG, Create(options));
    }

    [Theory]
    [InlineData(4096, 0)]
    [InlineData(4097, (int)Errno.E2BIG)]
    [InlineData(uint.MaxValue, (int)Errno.E2BIG)]
    public void A_size_that_no_struct_has_is_refused_without_a_look_at_the_rest(uint size, int expected)
    {
        using var pages = new TwoPages();
        byte* options = pages.EndOfFirst - 4096;
        *(uint*)options = size;
        Assert.Equal(expected, Create(options));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(56)]
    [InlineData(80)]
    public void As_much_of_a_struct_is_filled_as_there_is(int size)
    {
        DeviceHandle device = Abi.CreateDevice("lnl");
        byte* info = stackalloc byte[96];
        new Span<byte>(info, 96).Fill(0xee);
        *(uint*)info = (uint)size;
        delegate* unmanaged<DeviceHandle, DeviceInfo*, int> get = &DeviceExports.Info;
        Assert.Equal(0, get(device, (DeviceInfo*)info));
        Assert.Equal(((uint)size, 0x64a0u), (((DeviceInfo*)info)->Size, ((DeviceInfo*)info)->DeviceId));
        Assert.Equal(-1, new Span<byte>(info + Math.Min(size, sizeof(DeviceInfo)), 96 - Math.Min(size, sizeof(DeviceInfo)))
            .IndexOfAnyExcept((byte)0xee));
        Abi.Destroy(device);
    }

    [Theory]
    [InlineData("nothing", (int)Errno.ENODEV)]
    [InlineData("", (int)Errno.ENODEV)]
    public void An_unknown_platform_is_no_device(string platform, int expected)
    {
        DeviceHandle device;
        delegate* unmanaged<byte*, DeviceOptions*, DeviceHandle*, int> create = &DeviceExports.Create;
        fixed (byte* name = Encoding.UTF8.GetBytes(platform + '\0'))
            Assert.Equal(expected, create(name, null, &device));
    }

    [Fact]
    public void Every_platform_can_be_made_by_its_name()
    {
        delegate* unmanaged<uint, byte*> nameOf = &LibraryExports.PlatformName;
        uint count = 0;
        for (; nameOf(count) != null; count++)
            Assert.Equal(0, Abi.Destroy(Abi.CreateDevice(Abi.Text(nameOf(count)))));
        Assert.Equal(XePt.Devices.XePlatforms.All.Length, (int)count);
    }

    [Fact]
    public void Choices_that_no_device_can_have_are_refused()
    {
        Assert.Equal((int)Errno.EINVAL, Create(new DeviceOptions { Flags = 1u << 30 }));
        Assert.Equal((int)Errno.EINVAL, Create(new DeviceOptions { Profile = 9 }));
        Assert.Equal((int)Errno.EINVAL, Create(new DeviceOptions { Drive = uint.MaxValue }));
        Assert.Equal((int)Errno.EINVAL, Create(new DeviceOptions { VisibleVramBytes = 7 }));
    }

    private static int Create(DeviceOptions options)
    {
        options.Size = (uint)sizeof(DeviceOptions);
        return Create((byte*)&options);
    }

    private static int Create(byte* options)
    {
        DeviceHandle device;
        delegate* unmanaged<byte*, DeviceOptions*, DeviceHandle*, int> create = &DeviceExports.Create;
        int error;
        fixed (byte* name = "bmg\0"u8)
            error = create(name, (DeviceOptions*)options, &device);
        if (error == 0)
            Abi.Destroy(device);
        return error;
    }
}
