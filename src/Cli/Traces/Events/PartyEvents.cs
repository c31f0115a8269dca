using System.Text.Json;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>There is another device.</summary>
internal sealed record DeviceEvent(string Name, PlatformInfo Platform, XeDeviceOptions Options) : ITraceCall
{
    public bool IsOfClient => false;

    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new DeviceEvent(
        PartyName.Take(fields), PlatformNames.Parse(fields.Take("platform").ToText("platform")), TraceHeader.ReadOptions(fields, profile));

    public CallResult Play(TracePlayer player)
    {
        // How work gets done is said once, for all.
        XeDeviceOptions first = player.Parties.Device(name: null).Device.Options;
        TraceDevice device = player.Parties.AddDevice(Name, Platform, Options with
        {
            Profile = first.Profile,
            Drive = first.Drive,
            SingleThreaded = first.SingleThreaded,
            CopyEngine = first.CopyEngine,
            JobSink = first.JobSink is ManualJobSink ? new ManualJobSink { CanPreempt = true } : first.JobSink,
        });
        player.Listen(device);
        return new CallResult(Errno.Ok, default, 0, $"{Name}: {Platform.Name}");
    }
}

/// <summary>A client opens a device.</summary>
internal sealed record OpenEvent(string Name, string? Device, bool IsPrivileged) : ITraceCall
{
    public bool IsOfClient => false;

    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new OpenEvent(PartyName.Take(fields), fields.TakeText("device"), fields.TakeBool("privileged"));

    public CallResult Play(TracePlayer player)
    {
        TraceClient client = player.Parties.Open(Name, player.Parties.Device(Device));
        client.File.IsPrivileged = IsPrivileged;
        return new CallResult(Errno.Ok, default, 0, Device is null ? Name : $"{Name} on {Device}");
    }
}

/// <summary>A file descriptor is closed, or without one the client itself.</summary>
internal sealed record CloseEvent(HandleRef? Descriptor) : ITraceCall
{
    /// <summary>Descriptors are the process's, whoever made them.</summary>
    public bool IsOfClient => Descriptor is null;

    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new CloseEvent(
        fields.TryTake("fd", out JsonElement fd) ? HandleRef.Of(fd, "fd", HandleKind.Descriptor) : null);

    public CallResult Play(TracePlayer player)
    {
        if (Descriptor is not { } descriptor)
        {
            TraceClient client = player.Parties.Clients.Single(client => client.File == player.File);
            player.Parties.Close(client);
            return new CallResult(Errno.Ok, default, 0, client.Name ?? "the first client");
        }

        uint fd = descriptor.Resolve(player.Parties.Descriptors);
        string text = $"fd {player.Parties.Descriptors.Describe(HandleKind.Descriptor, fd)}";
        return new CallResult(player.Device.Descriptors.Close((int)fd) ? Errno.Ok : Errno.EBADF, default, 0, text);
    }
}

/// <summary>Names of clients and devices.</summary>
internal static class PartyName
{
    public static string Take(JsonFields fields) =>
        HandleNames.Take(fields) ?? throw new MalformedRecordException("'as' is missing: what records call it");
}
