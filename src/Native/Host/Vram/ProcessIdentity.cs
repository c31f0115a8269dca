using System.Globalization;
using System.Text;

namespace XePt.Native;

/// <summary>What tells a process from all others that there are or have been: its number, and when it began. In one word, so that it is
/// written and replaced at once.</summary>
/// <param name="Word">The number above the 32 lowest bits of the time; 0 is no process.</param>
internal readonly record struct ProcessIdentity(ulong Word)
{
    private const int NoSuchProcess = 3;

    // Of the process that has looked last: a forked child finds its parent's, and looks.
    private static ulong s_own;

    /// <summary>This process.</summary>
    public static ProcessIdentity Own
    {
        get
        {
            ulong own = Volatile.Read(ref s_own);
            int number = ProcessMemory.Process;
            if ((int)(own >> 32) != number)
                Volatile.Write(ref s_own, own = Of(number, Read(number).Begun));
            return new ProcessIdentity(own);
        }
    }

    /// <summary>Its number.</summary>
    public int Number => (int)(Word >> 32);

    /// <summary>It has ended, whoever has waited for it; what it had is nobody's any more.</summary>
    public bool IsGone()
    {
        if (LibC.Signal(Number, 0) != 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == NoSuchProcess)
            return true;
        (char state, ulong begun) = Read(Number);
        // Where the system does not say, it is there.
        return state != 0 && (state is 'Z' or 'X' || Of(Number, begun) != Word);
    }

    private static ulong Of(int number, ulong begun) => (ulong)number << 32 | (uint)begun;

    /// <summary>State and beginning of a process; zeros where the system does not say.</summary>
    private static unsafe (char State, ulong Begun) Read(int number)
    {
        const int most = 1024, stateField = 0, beginningField = 19;
        byte* bytes = stackalloc byte[most];
        int fd = LibC.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{number}/stat"), LibC.OpenCloseOnExec);
        // SAFETY: as many as there is room for.
        int length = fd < 0 ? 0 : (int)LibC.ReadAt(fd, bytes, most, 0);
        if (fd >= 0)
            _ = LibC.Close(fd);
        if (length <= 0)
            return default;
        string text = Encoding.Latin1.GetString(bytes, length);
        // The name before it may have blanks and parentheses.
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (fields[stateField][0], ulong.Parse(fields[beginningField], CultureInfo.InvariantCulture));
    }
}
