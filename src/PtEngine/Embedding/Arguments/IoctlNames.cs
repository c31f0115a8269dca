using XePt.Uapi;

namespace XePt;

/// <summary>What is declared of requests, by their numbers.</summary>
internal static class IoctlNames
{
    private static readonly UapiConstantInfo?[] Requests = Read();

    /// <summary>The C name of a request; empty when there is none.</summary>
    public static string Of(uint number) => Requests[(byte)number]?.CName ?? "";

    /// <summary>The request code as it is declared; 0 when there is none.</summary>
    public static uint CodeOf(uint number) => (uint)(Requests[(byte)number]?.Value ?? 0);

    private static UapiConstantInfo?[] Read()
    {
        var requests = new UapiConstantInfo?[256];
        foreach (UapiConstantInfo constant in UapiTable.Constants)
        {
            if (constant.CName.StartsWith("DRM_IOCTL_", StringComparison.Ordinal))
                requests[(byte)constant.Value] = constant;
        }

        return requests;
    }
}
