using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Svm;

/// <summary>Messages of faults, their queues and answers (specification 04 sections 3.1 and 3.2).</summary>
public class FaultIntakeTests
{
    [Fact]
    [Rule("FLT-002")]
    [Rule("FLT-003")]
    [Rule("FLT-004")]
    public void A_message_says_what_it_is_decoded_to()
    {
        var fault = new GpuFault
        {
            PageAddress = 0x7fff_1234_5000,
            Asid = 0xabcde,
            Access = GpuAccessKind.Atomic,
            Type = 2,
            Level = 3,
            EngineClass = 5,
            EngineInstance = 0x2a,
            VirtualFunction = 0x15,
            ProducerData = 0xbeef,
        };
        Span<uint> words = stackalloc uint[4];
        fault.ToWords(words);
        Assert.Equal(Errno.Ok, GpuFault.TryDecode(0, words, out GpuFault decoded));
        Assert.Equal(fault, decoded);
        Assert.Equal<uint>(
            [3u | (0x2a << 19) | (5 << 25) | (0xfu << 28), 0xbee | (0xabcdeu << 12), 2 | (2 << 2) | (0x15 << 4) | 0x1234_5000, 0x7fff],
            words.ToArray());
        // What the layout leaves free says nothing, so there is no prefetch among faults.
        words[0] |= 0x3_fff8;
        words[2] |= 3 << 10;
        Assert.Equal(Errno.Ok, GpuFault.TryDecode(0, words, out decoded));
        Assert.Equal(fault, decoded);
        words[0] |= 1u << 18;
        GpuFault.TryDecode(0, words, out decoded);
        Assert.Equal(GpuFault.NackLevel, decoded.Level);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [Rule("FLT-001")]
    public void A_message_of_another_length_is_no_fault(int words)
    {
        var sink = new Sink();
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { GpuFaultSink = sink });
        Assert.Equal(Errno.EPROTO, device.RaiseFault(0, new uint[words]));
        device.Pump();
        Assert.Empty(sink.Pages);
        Assert.Equal(Errno.Ok, device.RaiseFault(0, new uint[4]));
        Assert.Single(sink.Pages);
    }

    [Fact]
    [Rule("FLT-011")]
    [Rule("FLT-014")]
    [Rule("FLT-015")]
    public void A_full_queue_loses_faults_a_reset_forgets_them_and_the_others_are_answered_once_in_order()
    {
        var sink = new Sink();
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Drive = DriveMode.Queued, GpuFaultSink = sink });
        for (int i = 0; i < device.FaultQueueCapacity; i++)
            Assert.Equal(Errno.Ok, device.RaiseFault(new GpuFault { Asid = 4, PageAddress = (ulong)i << 12 }));
        Assert.Equal(Errno.ENOSPC, device.RaiseFault(new GpuFault { Asid = 8 }));
        Assert.Equal(Errno.Ok, device.RaiseFault(new GpuFault { Asid = 5 }));
        Assert.Equal(1, device.LostFaults);
        device.Pump();
        Assert.Equal(device.FaultQueueCapacity + 1, sink.Pages.Count);
        Assert.Equal(
            Enumerable.Range(0, device.FaultQueueCapacity).Select(i => (ulong)i << 12), sink.Pages.Take(device.FaultQueueCapacity));

        device.RaiseFault(new GpuFault { Asid = 4 });
        Assert.Equal(1, device.ResetGt(0));
        device.Pump();
        Assert.Equal(device.FaultQueueCapacity + 1, sink.Pages.Count);
    }

    private sealed class Sink : IGpuFaultSink
    {
        public List<ulong> Pages { get; } = [];

        public void Reply(in GpuFaultReply reply) => Pages.Add(reply.Fault.PageAddress);
    }
}
