using System.Runtime.InteropServices;
using XePt.Host;

namespace XePt.Native;

/// <summary>The mappings of this process, as the system knows them.</summary>
/// <remarks>Any thread. Each look opens the file anew: a descriptor that is kept would be that of the parent in a forked child.</remarks>
internal static unsafe class LiveMaps
{
    private const nuint Query = 0xc0686611;
    private const ulong CoveringOrNext = 0x10, Readable = 1, Writable = 2, Shared = 8;
    private const int NoEntry = 2, MostName = 256, PageShift = 12;

    // Since Linux 6.11; before that there is only the text.
    private static bool s_hasNoQuery;

    /// <summary>What PROCMAP_QUERY is asked with and answers.</summary>
    private struct MapQuery
    {
        public ulong Size, Flags, Address, Start, End, VmaFlags, PageSize, Offset, Inode;
        public uint DeviceMajor, DeviceMinor, NameSize, BuildIdSize;
        public byte* Name;
        public byte* BuildId;
    }

    /// <summary>The mapping at an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="orNext">If none is there, the next one.</param>
    /// <param name="vma">Receives it.</param>
    /// <returns>False when there is none.</returns>
    public static bool TryFind(ulong address, bool orNext, out CpuVma vma)
    {
        if (!s_hasNoQuery && TryQuery(address, orNext, out vma) is { } found)
            return found;
        s_hasNoQuery = true;
        return TryFindInText(ReadText(), address, orNext, out vma);
    }

    /// <summary>Goes over pages part by part, and says of each part which of its pages are populated.</summary>
    /// <param name="range">All of them.</param>
    /// <param name="part">In: the last part, empty before the first. Out: the next.</param>
    /// <param name="isPresent">Receives the answer, and says how many pages a part has.</param>
    /// <returns>False behind the last part.</returns>
    public static bool TryLookOn(AddressRange range, ref AddressRange part, Span<bool> isPresent)
    {
        ulong start = part.IsEmpty ? range.Start : part.End;
        part = new AddressRange(start, Math.Min(range.End, start + ((ulong)isPresent.Length << PageShift)));
        if (!part.IsEmpty)
            Look(start, isPresent[..(int)(part.Size >> PageShift)]);
        return !part.IsEmpty;
    }

    /// <summary>Says of pages that follow each other which are populated; none when the system does not say.</summary>
    private static void Look(ulong address, Span<bool> isPresent)
    {
        const ulong PresentOrSwapped = 3UL << 62;
        Span<ulong> words = stackalloc ulong[isPresent.Length];
        words.Clear();
        int fd = LibC.Open("/proc/self/pagemap", LibC.OpenCloseOnExec);
        fixed (ulong* into = words)
            _ = fd >= 0 ? LibC.ReadAt(fd, into, (nuint)words.Length * sizeof(ulong), (long)(address >> PageShift) * sizeof(ulong)) : 0;
        if (fd >= 0)
            _ = LibC.Close(fd);
        for (int i = 0; i < words.Length; i++)
            isPresent[i] = (words[i] & PresentOrSwapped) != 0;
    }

    /// <summary>Finds a mapping in the text of <c>/proc/self/maps</c>.</summary>
    internal static bool TryFindInText(string text, ulong address, bool orNext, out CpuVma vma)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            int dash = line.IndexOf('-'), blank = line.IndexOf(' ');
            if (dash < 0 || blank < dash)
                continue;
            ulong end = ulong.Parse(line[(dash + 1)..blank], System.Globalization.NumberStyles.HexNumber);
            ulong start = ulong.Parse(line[..dash], System.Globalization.NumberStyles.HexNumber);
            if (end <= address || (start > address && !orNext))
                continue;
            vma = Parse(new AddressRange(start, end), line[(blank + 1)..]);
            return true;
        }

        vma = default;
        return false;
    }

    private static bool? TryQuery(ulong address, bool orNext, out CpuVma vma)
    {
        vma = default;
        byte* name = stackalloc byte[MostName];
        var query = new MapQuery
        {
            Size = (ulong)sizeof(MapQuery),
            Flags = orNext ? CoveringOrNext : 0,
            Address = address,
            Name = name,
            NameSize = MostName,
        };
        int fd = LibC.Open("/proc/self/maps", LibC.OpenCloseOnExec);
        if (fd < 0)
            return null;
        bool isFound = LibC.Control(fd, Query, &query) == 0;
        int error = Marshal.GetLastPInvokeError();
        _ = LibC.Close(fd);
        if (!isFound)
            return error == NoEntry ? false : null;
        string text = query.NameSize > 1 ? Marshal.PtrToStringUTF8((nint)name) ?? "" : "";
        CpuProtection protection = ProtectionOf((query.VmaFlags & Readable) != 0, (query.VmaFlags & Writable) != 0);
        CpuVmaKind kind = query.PageSize > PageBytes ? CpuVmaKind.HugeTlb
            : KindOf((query.VmaFlags & Shared) != 0, query.Inode != 0, text);
        vma = new CpuVma(new AddressRange(query.Start, query.End), protection, kind);
        return true;
    }

    private const ulong PageBytes = 1UL << PageShift;

    // What comes behind the addresses: "rw-p 00000000 00:00 0    [heap]".
    private static CpuVma Parse(AddressRange range, ReadOnlySpan<char> rest)
    {
        bool isShared = rest[3] == 's';
        Span<Range> fields = stackalloc Range[5];
        int count = rest.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries);
        ReadOnlySpan<char> name = count > 4 ? rest[fields[4]] : "";
        bool hasFile = count > 3 && !rest[fields[3]].SequenceEqual("0");
        CpuVmaKind kind = name.StartsWith("/anon_hugepage") ? CpuVmaKind.HugeTlb : KindOf(isShared, hasFile, name.ToString());
        return new CpuVma(range, ProtectionOf(rest[0] == 'r', rest[1] == 'w'), kind);
    }

    private static CpuProtection ProtectionOf(bool isReadable, bool isWritable) =>
        isWritable ? CpuProtection.ReadWrite : isReadable ? CpuProtection.Read : CpuProtection.None;

    // What the CPU sees of buffer objects is device memory to it, and so are the pages of the system's clocks.
    private static CpuVmaKind KindOf(bool isShared, bool hasFile, string name) =>
        name.StartsWith("/memfd:xept ", StringComparison.Ordinal) || name.StartsWith("[vvar", StringComparison.Ordinal) ? CpuVmaKind.Io
        : isShared ? CpuVmaKind.Shared
        : hasFile ? CpuVmaKind.File
        : CpuVmaKind.Anonymous;

    private static string ReadText()
    {
        int fd = LibC.Open("/proc/self/maps", LibC.OpenCloseOnExec);
        if (fd < 0)
            return "";
        var text = new System.Text.StringBuilder();
        byte* part = stackalloc byte[4096];
        for (nint bytes = LibC.Read(fd, part, 4096); bytes > 0; bytes = LibC.Read(fd, part, 4096))
            text.Append(System.Text.Encoding.UTF8.GetString(part, (int)bytes));
        _ = LibC.Close(fd);
        return text.ToString();
    }
}
