using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Handles that stand for nothing, and arguments that mean nothing, for every function of the ABI.</summary>
public sealed unsafe class HandleTests : IDisposable
{
    private readonly DeviceHandle _device = Abi.CreateDevice("bmg");
    private readonly ClientHandle _client;
    private readonly byte* _buffer = (byte*)NativeMemory.AllocZeroed(1 << 16);

    public HandleTests() => _client = Abi.OpenClient(_device);

    public static TheoryData<string> WithHandle => [.. CHeader.Exports().Where(TakesHandle).Select(CHeader.NameOf)];

    public void Dispose()
    {
        Abi.Destroy(_device);
        NativeMemory.Free(_buffer);
    }

    [Theory]
    [MemberData(nameof(WithHandle))]
    public void A_handle_that_is_stale_of_another_kind_or_made_up_is_refused(string name)
    {
        MethodInfo export = CHeader.Exports().Single(export => CHeader.NameOf(export) == name);
        ClientHandle closed = Abi.OpenClient(_device);
        Assert.Equal(0, Abi.Close(closed));
        bool isOfClient = export.GetParameters()[0].ParameterType == typeof(ClientHandle);
        nint[] wrong = [0, 1, -1, nint.MinValue, 0x1234_5678, closed.Value, isOfClient ? _device.Value : _client.Value];
        foreach (nint handle in wrong)
            Assert.Equal((int)Errno.EBADF, Call(export, handle, Argument));
        Assert.Equal((int)Errno.EBADF, Abi.LastFailure().Error);
    }

    [Fact]
    public void A_handle_is_never_used_again()
    {
        ClientHandle first = Abi.OpenClient(_device);
        Abi.Close(first);
        ClientHandle second = Abi.OpenClient(_device);
        Assert.NotEqual(first, second);
        Assert.Equal((int)Errno.EBADF, Abi.Close(first));
        Assert.Equal(0, Abi.Close(second));
    }

    [Fact]
    public void The_end_of_a_device_ends_the_handles_of_its_clients()
    {
        DeviceHandle device = Abi.CreateDevice("lnl");
        ClientHandle client = Abi.OpenClient(device);
        Assert.Equal(0, Abi.Destroy(device));
        Assert.Equal((int)Errno.EBADF, Abi.Close(client));
        Assert.Equal((int)Errno.EBADF, Abi.Destroy(device));
    }

    /// <summary>Where a pointer may not be NULL the call says so; where it may, it does without.</summary>
    [Theory]
    [MemberData(nameof(WithHandle))]
    public void Null_pointers_do_no_harm(string name)
    {
        MethodInfo export = CHeader.Exports().Single(export => CHeader.NameOf(export) == name);
        if (!export.GetParameters().Any(parameter => IsPointer(parameter.ParameterType)) || Handle(export) is not { } handle)
            return;
        uint vm = Abi.CreateVm(_client), bo = Abi.CreateBo(_client, 4096);
        int error = Call(export, handle, parameter => parameter.Name switch
        {
            "vmId" => vm,
            "handle" => bo,
            "request" => XeIoctl.VmCreate,
            _ => 0,
        });
        string[] mayBeNull =
        [
            "xept_access", "xept_access_many", "xept_memory_read", "xept_memory_write", "xept_batches_run", "xept_recorder_start",
        ];
        if (!mayBeNull.Contains(name))
            Assert.Equal((int)Errno.EFAULT, error);
    }

    [Theory]
    [MemberData(nameof(WithHandle))]
    public void Random_numbers_do_no_harm(string name)
    {
        // Those that move as many bytes as they are told, call or write to what they are told, or end what the others need.
        string[] others = [
            "xept_access", "xept_access_many", "xept_memory_read", "xept_memory_write", "xept_memory_add",
            "xept_tlb_register", "xept_device_destroy", "xept_client_close", "xept_vmas", "xept_mappings", "xept_walk", "xept_bo_segments",
            "xept_recorder_start", "xept_recorder_dump"];
        MethodInfo export = CHeader.Exports().Single(export => CHeader.NameOf(export) == name);
        if (others.Contains(name) || Handle(export) is not { } handle)
            return;
        var random = new Random(5);
        Abi.CreateVm(_client);
        Abi.CreateBo(_client, 1 << 16);
        for (int round = 0; round < 200; round++)
        {
            *(uint*)_buffer = (uint)random.Next(256);
            Call(export, handle, parameter => IsPointer(parameter.ParameterType) ? (long)_buffer : random.Next(4) switch
            {
                0 => random.NextInt64(),
                1 => -1,
                2 => int.MaxValue,
                _ => random.Next(4),
            });
        }

        Assert.Equal(0, Abi.Close(Abi.OpenClient(_device)));
    }

    private long Argument(ParameterInfo parameter)
    {
        // What begins with its size says so.
        *(uint*)_buffer = 64;
        return IsPointer(parameter.ParameterType) ? (long)_buffer : 0;
    }

    private nint? Handle(MethodInfo export) => export.GetParameters()[0].ParameterType.Name switch
    {
        nameof(DeviceHandle) => _device.Value,
        nameof(ClientHandle) => _client.Value,
        _ => null,
    };

    private static bool TakesHandle(MethodInfo export) => export.GetParameters() is [var first, ..] && CNames.IsHandle(first.ParameterType);

    private static bool IsPointer(Type type) => type.IsPointer || type.IsFunctionPointer;

    /// <summary>Calls an export through its address.</summary>
    private static int Call(MethodInfo export, nint handle, Func<ParameterInfo, long> argument)
    {
        ParameterInfo[] parameters = export.GetParameters();
        Type[] passed = [.. parameters.Select(Plain)];
        var call = new DynamicMethod("call", typeof(int), [typeof(long[])], typeof(HandleTests).Module, skipVisibility: true);
        ILGenerator code = call.GetILGenerator();
        for (int i = 0; i < parameters.Length; i++)
        {
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldc_I4, i);
            code.Emit(OpCodes.Ldelem_I8);
            if (passed[i] == typeof(int))
                code.Emit(OpCodes.Conv_I4);
        }

        code.Emit(OpCodes.Ldc_I8, (long)export.MethodHandle.GetFunctionPointer());
        code.Emit(OpCodes.Conv_I);
        code.EmitCalli(OpCodes.Calli, CallingConvention.Cdecl, typeof(int), passed);
        code.Emit(OpCodes.Ret);
        long[] values = [handle, .. parameters.Skip(1).Select(argument)];
        return call.CreateDelegate<Func<long[], int>>()(values);
    }

    private static Type Plain(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(int) || parameter.ParameterType == typeof(uint) ? typeof(int) : typeof(long);
}
