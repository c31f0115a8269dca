using System.Globalization;

namespace XePt.Bench.Contract;

/// <summary>What was asked of <c>contract</c>.</summary>
internal sealed class ContractOptions
{
    public string Json { get; private set; } = "";

    public string Markdown { get; private set; } = "";

    /// <summary>The <c>xept</c> whose start is measured; nothing for the one of these sources.</summary>
    public string Tool { get; private set; } = "";

    /// <summary>The least margin of all lines but those that count something.</summary>
    public double Margin { get; private set; }

    /// <summary>A line that cannot be measured here is no failure.</summary>
    public bool AllowsUnmeasured { get; private set; }

    /// <summary>Measures all lines in this process.</summary>
    public bool IsHere { get; private set; }

    /// <summary>Names the lines instead of measuring them.</summary>
    public bool IsList { get; private set; }

    /// <summary>Categories, or parts of names; nothing for all lines.</summary>
    public List<string> Parts { get; } = [];

    /// <returns>Null when an option is unknown, has no value or one that is none; then <paramref name="complaint"/> says which.</returns>
    public static ContractOptions? Parse(ReadOnlySpan<string> args, out string complaint)
    {
        var options = new ContractOptions();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i], value = i + 1 < args.Length ? args[i + 1] : "";
            bool takesValue = name is "--json" or "--markdown" or "--tool" or "--margin";
            if ((takesValue && value.Length == 0) || !options.Take(name, value))
            {
                complaint = takesValue ? $"{name} needs a value" : $"unknown option {name}";
                return null;
            }

            i += takesValue ? 1 : 0;
        }

        complaint = "";
        return options;
    }

    private bool Take(string name, string value)
    {
        switch (name)
        {
            case "--json":
                Json = value;
                return true;
            case "--markdown":
                Markdown = value;
                return true;
            case "--tool":
                Tool = value;
                return true;
            case "--margin":
                Margin = double.TryParse(value, CultureInfo.InvariantCulture, out double margin) ? margin : -1;
                return Margin >= 0;
            case "--allow-unmeasured":
                return AllowsUnmeasured = true;
            case OwnProcesses.Here:
                return IsHere = true;
            case "--list":
                return IsList = true;
            default:
                Parts.Add(name);
                return !name.StartsWith('-');
        }
    }
}
