using System.Text;
using XePt.Diagnostics;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>The recorder and the counters of VMs, as a simulator in C gets them.</summary>
public sealed unsafe class RecorderExportTests : IDisposable
{
    private readonly DeviceHandle _device = Abi.CreateDevice("bmg");
    private readonly ClientHandle _client;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xept");
    private readonly uint _vm;

    public RecorderExportTests()
    {
        _client = Abi.OpenClient(_device);
        _vm = Abi.CreateVm(_client);
    }

    private string File => Path.Combine(_folder.FullName, "events.txt");

    public void Dispose()
    {
        Abi.Destroy(_device);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void What_a_client_does_is_recorded_until_that_is_stopped_and_can_be_written_at_any_time()
    {
        Assert.Equal(0, Start(default));
        Bind();
        Assert.Equal(0, Dump(File));
        string[] lines = System.IO.File.ReadAllLines(File);
        Assert.EndsWith(": 1 events", lines[0], StringComparison.Ordinal);
        Assert.Contains("xe_vma_bind vma=1 vm=1 start=0x100000000", lines[1], StringComparison.Ordinal);

        delegate* unmanaged<DeviceHandle, int> stop = &RecorderExports.Stop;
        Assert.Equal(0, stop(_device));
        Bind();
        Assert.Equal(0, Dump(File));
        Assert.Equal(2, System.IO.File.ReadAllLines(File).Length);

        Assert.Equal(0, Start(new RecorderOptions
        {
            Flags = (uint)RecorderFlags.Verbose,
            Groups = (ulong)XeEventGroups.Ioctl,
            Records = 2,
        }));
        Bind();
        Bind();
        Assert.Equal(0, Dump(File));
        Assert.EndsWith(": 2 events, 2 older ones overwritten", System.IO.File.ReadAllLines(File)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Something_that_is_no_errno_of_the_drivers_writes_to_the_file_for_failures()
    {
        fixed (byte* path = Encoding.UTF8.GetBytes(File + '\0'))
            Assert.Equal(0, Start(new RecorderOptions { FailurePath = path }));
        Bind();
        Assert.Equal("", Shared());
        XeDevice device = Handles.Get<NativeDevice>(_device.Value).Device;
        device.Failures.Passing = _ => throw new BadImageFormatException("planted");
        Assert.Equal((int)Errno.EIO, TryBind());
        device.Failures.Passing = null;
        Assert.StartsWith("System.BadImageFormatException: planted", Shared(), StringComparison.Ordinal);
        Assert.Contains("xe_vma_bind", Shared(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_started_leaves_the_recorder_as_it_was()
    {
        Assert.Equal(0, Start(default));
        Bind();
        Assert.Equal((int)Errno.EINVAL, Start(new RecorderOptions { Flags = 4 }));
        Assert.Equal((int)Errno.EINVAL, Start(new RecorderOptions { Groups = 1 << 20 }));
        Assert.Equal((int)Errno.EINVAL, Start(new RecorderOptions { Records = XeRecorder.MostRecords + 1 }));
        fixed (byte* path = Encoding.UTF8.GetBytes(Path.Combine(File, "nowhere") + '\0'))
            Assert.Equal((int)Errno.EIO, Start(new RecorderOptions { FailurePath = path }));
        Assert.Equal((int)Errno.EIO, Dump(Path.Combine(File, "nowhere")));
        Assert.Equal(0, Dump(File));
        Assert.Equal(2, System.IO.File.ReadAllLines(File).Length);
    }

    [Fact]
    public void The_counters_of_a_vm_are_those_of_the_library()
    {
        Bind();
        delegate* unmanaged<ClientHandle, uint, VmCounterValues*, int> counters = &RecorderExports.Counters;
        var values = new VmCounterValues { Size = (uint)sizeof(VmCounterValues) };
        Assert.Equal(0, counters(_client, _vm, &values));
        object filled = values;
        VmCounters expected = Handles.Get<NativeClient>(_client.Value).Vm(_vm).Counters;
        Assert.True(expected is { Commits: > 0, EntriesPublished: > 0, TablesMade: > 0 });
        Assert.All(typeof(VmCounters).GetProperties(), property => Assert.Equal(
            (ulong)(long)property.GetValue(expected)!, (ulong)typeof(VmCounterValues).GetField(property.Name)!.GetValue(filled)!));
        Assert.Equal((int)Errno.ENOENT, counters(_client, _vm + 1, &values));
        Assert.Equal((int)Errno.EFAULT, counters(_client, _vm, null));
    }

    private int Start(RecorderOptions options)
    {
        options.Size = (uint)sizeof(RecorderOptions);
        delegate* unmanaged<DeviceHandle, RecorderOptions*, int> start = &RecorderExports.Start;
        return start(_device, &options);
    }

    private int Dump(string path)
    {
        delegate* unmanaged<DeviceHandle, byte*, int> dump = &RecorderExports.Dump;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
            return dump(_device, text);
    }

    private void Bind() => Assert.Equal(0, TryBind());

    private int TryBind()
    {
        var bind = new DrmXeVmBind
        {
            VmId = _vm,
            NumBinds = 1,
            Bind = new DrmXeVmBindOp
            {
                Op = VmBindOp.Map,
                Addr = 0x1_0000_0000,
                Range = 1 << 12,
                Flags = VmBindFlags.Null,
                PatIndex = 2,
            },
        };
        return Abi.Ioctl(_client, XeIoctl.VmBind, ref bind);
    }

    /// <summary>The file while the library has it open.</summary>
    private string Shared()
    {
        using var reader = new StreamReader(new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
