using System.Globalization;

namespace XePt.Bench;

/// <summary>What this process takes of the host's memory.</summary>
internal static class HostMemory
{
    /// <summary>Bytes that are resident now.</summary>
    public static long ResidentBytes()
    {
        string[] pages = File.ReadAllText("/proc/self/statm").Split(' ');
        return long.Parse(pages[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
