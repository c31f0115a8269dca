using System.Globalization;
using XePt.Count;

// XePt.Count SCENARIO PAIRS: does the scenario's pair of calls that often and nothing else, for a tool that counts instructions
// (../count.sh).
// XePt.Count methods [LIMIT]: counts the methods that a first bind touches, of which as many as the limit are too many; only where the
// runtime compiles them (dotnet run).
if (args is ["methods", ..] && args.Length <= 2)
    return MethodCount.Run(Console.Out, args.Length == 2 ? int.Parse(args[1], CultureInfo.InvariantCulture) : int.MaxValue);
if (args.Length != 2 || !int.TryParse(args[1], out int pairs) || Scenario.Open(args[0]) is not { } scenario)
{
    Console.Error.WriteLine($"usage: XePt.Count SCENARIO PAIRS; scenarios: {string.Join(", ", Scenario.Names)}");
    return 2;
}

using (scenario)
{
    for (int i = 0; i < pairs; i++)
    {
        scenario.Bind();
        scenario.Unbind();
    }
}

return 0;
