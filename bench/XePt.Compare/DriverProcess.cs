using System.Diagnostics;
using System.Globalization;

namespace XePt.Compare;

/// <summary>What a round gave.</summary>
/// <param name="Time">Nanoseconds of processor time of one operation.</param>
/// <param name="Bytes">Managed bytes of one operation.</param>
internal readonly record struct Sample(double Time, double Bytes);

/// <summary>A running driver, which does a round of a line each time it is asked.</summary>
internal sealed class DriverProcess : IDisposable
{
    private readonly Process _process;

    public DriverProcess(Checkout checkout, IReadOnlyList<string> parts)
    {
        bool isAssembly = checkout.Program.EndsWith(".dll", StringComparison.Ordinal);
        string program = isAssembly ? "dotnet" : checkout.Program;
        string[] args = isAssembly ? [checkout.Program, .. parts] : [.. parts];
        _process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var lines = new List<string>();
        for (string line; (line = Read()) != "";)
            lines.Add(line);
        Lines = lines;
    }

    /// <summary>Names of the lines.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>Does a round of a line.</summary>
    public Sample Round(int line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        string[] fields = Read().Split('\t');
        return new Sample(double.Parse(fields[0], CultureInfo.InvariantCulture), double.Parse(fields[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Read() => _process.StandardOutput.ReadLine() ?? throw new CompareException("the driver ended before its time");
}
