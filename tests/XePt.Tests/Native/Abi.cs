using System.Runtime.InteropServices;
using System.Text;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>The functions of the C ABI as a program calls them: through their addresses, with plain structs.</summary>
internal static unsafe class Abi
{
    public static DeviceHandle CreateDevice(string platform, DeviceOptions options = default)
    {
        options.Size = (uint)sizeof(DeviceOptions);
        DeviceHandle device = default;
        delegate* unmanaged<byte*, DeviceOptions*, DeviceHandle*, int> create = &DeviceExports.Create;
        fixed (byte* name = Encoding.UTF8.GetBytes(platform + '\0'))
            Assert.Equal(0, create(name, &options, &device));
        return device;
    }

    public static int Destroy(DeviceHandle device)
    {
        delegate* unmanaged<DeviceHandle, int> destroy = &DeviceExports.Destroy;
        return destroy(device);
    }

    public static ClientHandle OpenClient(DeviceHandle device, ClientOptions options = default)
    {
        options.Size = (uint)sizeof(ClientOptions);
        ClientHandle client = default;
        delegate* unmanaged<DeviceHandle, ClientOptions*, ClientHandle*, int> open = &ClientExports.Open;
        Assert.Equal(0, open(device, &options, &client));
        return client;
    }

    public static int Close(ClientHandle client)
    {
        delegate* unmanaged<ClientHandle, int> close = &ClientExports.Close;
        return close(client);
    }

    public static int Ioctl(ClientHandle client, uint request, void* arg)
    {
        delegate* unmanaged<ClientHandle, nuint, void*, int> ioctl = &ClientExports.Ioctl;
        return ioctl(client, request, arg);
    }

    public static int Ioctl<T>(ClientHandle client, uint request, ref T arg)
        where T : unmanaged
    {
        fixed (T* at = &arg)
            return Ioctl(client, request, at);
    }

    public static uint CreateVm(ClientHandle client, VmCreateFlags flags = VmCreateFlags.None)
    {
        var args = new DrmXeVmCreate { Flags = flags };
        Assert.Equal(0, Ioctl(client, XeIoctl.VmCreate, ref args));
        return args.VmId;
    }

    public static uint CreateBo(ClientHandle client, ulong size, uint placement = 1)
    {
        var args = new DrmXeGemCreate { Size = size, Placement = placement, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(0, Ioctl(client, XeIoctl.GemCreate, ref args));
        return args.Handle;
    }

    public static int Bind(ClientHandle client, uint vm, DrmXeVmBindOp op)
    {
        var args = new DrmXeVmBind { VmId = vm, NumBinds = 1, Bind = op };
        return Ioctl(client, XeIoctl.VmBind, ref args);
    }

    public static void Map(ClientHandle client, uint vm, uint bo, ulong va, ulong size) =>
        Assert.Equal(0, Bind(client, vm, new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo, Addr = va, Range = size }));

    public static TranslationInfo Translate(ClientHandle client, uint vm, ulong va)
    {
        TranslationInfo translation;
        delegate* unmanaged<ClientHandle, uint, int, ulong, TranslationInfo*, int> translate = &VmExports.Translate;
        Assert.Equal(0, translate(client, vm, 0, va, &translation));
        return translation;
    }

    public static int Access(
        ClientHandle client, uint vm, ulong va, GpuAccessKind kind, Span<byte> bytes, out AccessResult result, int gt = 0)
    {
        delegate* unmanaged<ClientHandle, uint, int, ulong, uint, void*, ulong, AccessResult*, int> access = &AccessExports.Access;
        AccessResult found = default;
        int error;
        fixed (byte* at = bytes)
            error = access(client, vm, gt, va, (uint)kind, at, (ulong)bytes.Length, &found);
        result = found;
        return error;
    }

    public static (int Error, string Rule, string Field, string Sentence) LastFailure()
    {
        var failure = new FailureInfo { Size = (uint)sizeof(FailureInfo) };
        delegate* unmanaged<FailureInfo*, int> last = &LibraryExports.LastFailure;
        Assert.Equal(0, last(&failure));
        return (failure.Error, Text(failure.Rule), Text(failure.Field), Text(failure.Sentence));
    }

    public static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text)!;
}
