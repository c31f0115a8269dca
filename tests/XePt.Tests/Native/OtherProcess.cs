using System.Diagnostics;
using System.Globalization;
using XePt.Native;

namespace XePt.Tests.Native;

/// <summary>Another process, which does nothing, until it is killed.</summary>
internal sealed class OtherProcess : IDisposable
{
    private readonly Process _process = Process.Start("sleep", "1000");

    /// <summary>Who it is, as the system says it.</summary>
    public ProcessIdentity Identity => field.Word != 0 ? field : field = new ProcessIdentity(WordOf(_process.Id));

    /// <summary>The word that stands for a process.</summary>
    public static ulong WordOf(int number)
    {
        string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{number}/stat"));
        ulong begun = ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
        return ((ulong)number << 32) | (uint)begun;
    }

    /// <summary>It dies by SIGKILL.</summary>
    public void Kill()
    {
        _ = Identity;
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }
}
