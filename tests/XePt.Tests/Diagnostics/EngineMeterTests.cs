using System.Diagnostics.Metrics;
using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics;

/// <summary>The meter <c>XePt.Engine</c> shows what devices, GTs and VMs count, under the driver's names.</summary>
public class EngineMeterTests
{
    [Fact]
    [Rule("PT-206")]
    [Rule("STA-012")]
    public void Every_counter_is_an_instrument_and_shows_what_the_device_has_counted()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 2 << 20), BindScene.A, 2 << 20, flags: VmBindFlags.Immediate));
        scene.Do(Op.Unmap(BindScene.A, 2 << 20));
        Dictionary<string, long> read = Read(scene.Device, out HashSet<string> instruments);
        Assert.Equal(CounterNames.All.Order(), instruments.Order());
        Assert.Superset(GtStatistics.Names.ToHashSet(), instruments);
        Assert.Equal(2, read["vm_commits vm=1"]);
        Assert.Equal(scene.Device.Tlb.GetCounters(0).Invalidations, read["tlb_inval_count gt=0"]);
        Assert.Equal(0, read["svm_4K_pagefault_count gt=0"]);
        Assert.Equal((1, (long)scene.Device.TablesInUse), (read["vms"], read["tables_in_use"]));
    }

    [Fact]
    public void A_device_that_is_disposed_is_shown_no_more()
    {
        var scene = new BindScene();
        scene.Dispose();
        Assert.Empty(Read(scene.Device, out _));
    }

    private static Dictionary<string, long> Read(XeDevice device, out HashSet<string> instruments)
    {
        var read = new Dictionary<string, long>();
        var seen = new HashSet<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "XePt.Engine")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            seen.Add(instrument.Name);
            if (!tags.ToArray().Any(tag => tag is { Key: "device", Value: string name } && name == device.Name))
                return;
            string of = string.Concat(tags.ToArray().Where(tag => tag.Key != "device").Select(tag => $" {tag.Key}={tag.Value}"));
            read.Add(instrument.Name + of, value);
        });
        listener.Start();
        using var other = new XeDevice(XePt.Devices.XePlatforms.Bmg);
        _ = other.OpenFile().CreateVm();
        listener.RecordObservableInstruments();
        instruments = seen;
        return read;
    }
}
