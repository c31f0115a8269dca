using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>A client whose memory is that of this process, with a VM, and memory that is given back in the end.</summary>
internal sealed unsafe class LiveScene : IDisposable
{
    public const VmCreateFlags Fault = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;

    // Far below where the system puts what other threads map meanwhile, their stacks for example: nothing of theirs comes to lie in a hole
    // that a test makes, to be written over, mapped over or given back with what is around it.
    private static long s_nextPlace = 1L << 44;

    private readonly DeviceHandle _device;
    private readonly ClientHandle _client;
    private readonly PlatformInfo _platform;
    private readonly uint _vm;
    private readonly List<(nint At, ulong Bytes)> _memory = [];

    public LiveScene(string platform, VmCreateFlags vm)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? found));
        _platform = found;
        _device = Abi.CreateDevice(platform, new DeviceOptions { VramBytes = 512 << 20, Flags = (uint)DeviceFlags.BoFiles });
        _client = Abi.OpenClient(_device, new ClientOptions { Flags = (uint)ClientFlags.ProcessMemory });
        _vm = Abi.CreateVm(_client, vm);
    }

    public void Dispose()
    {
        Abi.Destroy(_device);
        foreach ((nint at, ulong bytes) in _memory)
        {
            ulong change = Begin(ProcessChange.Unmap, (byte*)at, bytes);
            _ = LibC.Unmap(at, (nuint)bytes);
            End(change);
        }
    }

    /// <summary>Private memory at a border of 2 MiB, between pages of nobody.</summary>
    public byte* Allocate(ulong bytes, byte* at = null)
    {
        const ulong Border = 2 << 20;
        const int Flags = LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve;
        if (at == null)
        {
            ulong whole = ((bytes + Border - 1) & ~(Border - 1)) + (2 * Border);
            nint place = (nint)(Interlocked.Add(ref s_nextPlace, (long)whole) - (long)whole);
            nint reserved = LibC.Map(place, (nuint)whole, LibC.ProtNone, Flags, -1, 0);
            Assert.NotEqual(-1, reserved);
            _memory.Add((reserved, whole));
            at = (byte*)(((ulong)reserved + (2 * Border) - 1) & ~(Border - 1));
        }

        Assert.Equal((nint)at, LibC.Map((nint)at, (nuint)bytes, LibC.ProtRead | LibC.ProtWrite, Flags | LibC.MapFixed, -1, 0));
        return at;
    }

    public byte* MapBo(ulong bytes)
    {
        void* found = null;
        delegate* unmanaged<ClientHandle, uint, ulong, ulong, void*, void**, int> map = &ClientExports.BoMmap;
        Assert.Equal(0, map(_client, Abi.CreateBo(_client, bytes), 0, bytes, null, &found));
        _memory.Add(((nint)found, bytes));
        return (byte*)found;
    }

    public int BindUserptr(ulong va, byte* memory, ulong bytes, VmBindFlags flags = VmBindFlags.None) => Abi.Bind(
        _client, _vm, new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr,
            Userptr = (ulong)memory,
            Addr = va,
            Range = bytes,
            Flags = flags,
            PatIndex = (ushort)_platform.Pat.IndexWriteBack,
        });

    public Errno ErrorOfUserptr(byte* memory, ulong bytes) => (Errno)BindUserptr(0x1_0000_0000, memory, bytes);

    public int BindMirror() => Abi.Bind(
        _client, _vm, new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Range = 1UL << 47,
            Flags = VmBindFlags.CpuAddrMirror,
            PatIndex = (ushort)_platform.Pat.IndexWriteBack,
        });

    public uint Read(ulong va)
    {
        Span<byte> word = stackalloc byte[4];
        Assert.Equal(0, Abi.Access(_client, _vm, va, GpuAccessKind.Read, word, out _));
        return BitConverter.ToUInt32(word);
    }

    public void Write(ulong va, uint value) =>
        Assert.Equal(0, Abi.Access(_client, _vm, va, GpuAccessKind.Write, BitConverter.GetBytes(value), out _));

    public Errno ErrorOfWrite(ulong va) => (Errno)Abi.Access(_client, _vm, va, GpuAccessKind.Write, [1, 2, 3, 4], out _);

    /// <summary>Adds atomically; what is there then.</summary>
    public ulong Add(ulong va, ulong operand, out ulong old)
    {
        var op = new AtomicOp { Operation = (uint)GpuAtomicOperation.Add, Size = 4, Operand = operand };
        ulong found = 0;
        delegate* unmanaged<ClientHandle, uint, int, ulong, AtomicOp*, ulong*, AccessResult*, int> atomic = &AccessExports.Atomic;
        Assert.Equal(0, atomic(_client, _vm, 0, va, &op, &found, null));
        old = found;
        return found + operand;
    }

    public TranslationStatus Status(ulong va) => (TranslationStatus)Abi.Translate(_client, _vm, va).Status;

    public ulong Address(ulong va) => Abi.Translate(_client, _vm, va).Address;

    public bool IsInDevice(ulong va) => (Abi.Translate(_client, _vm, va).Flags & (byte)LeafFlags.DeviceMemory) != 0;

    public void EvictAll()
    {
        delegate* unmanaged<DeviceHandle, int> evict = &DeviceExports.EvictAll;
        Assert.Equal(0, evict(_device));
    }

    public static void Protect(byte* at, ulong bytes, int protection) =>
        Assert.Equal(0, ChangeProtection((nint)at, (nuint)bytes, protection));

    public static ulong Begin(ProcessChange kind, byte* start, ulong bytes)
    {
        ulong change = 0;
        delegate* unmanaged<uint, ulong, ulong, ulong*, int> changing = &ProcessExports.Changing;
        Assert.Equal(0, changing((uint)kind, (ulong)start, bytes, &change));
        return change;
    }

    public static void End(ulong change)
    {
        delegate* unmanaged<ulong, int> changed = &ProcessExports.Changed;
        Assert.Equal(0, changed(change));
    }

    [DllImport("libc", EntryPoint = "mprotect")]
    private static extern int ChangeProtection(nint address, nuint bytes, int protection);
}
