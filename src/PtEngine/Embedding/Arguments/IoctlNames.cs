using XePt.Uapi;

namespace XePt;

/// <summary>C names of the requests by their numbers.</summary>
internal static class IoctlNames
{
    private static readonly string[] Names = Read();

    public static string Of(uint number) => Names[(byte)number];

    private static string[] Read()
    {
        var names = new string[256];
        Array.Fill(names, "");
        foreach (UapiConstantInfo constant in UapiTable.Constants)
        {
            if (constant.CName.StartsWith("DRM_IOCTL_", StringComparison.Ordinal))
                names[(byte)constant.Value] = constant.CName;
        }

        return names;
    }
}
