using System.CommandLine;
using System.Globalization;
using Dataplane.Replay;

namespace Dataplane.Cli;

/// <summary>Options and their values as text; what is wrong with one is said in one line that names it.</summary>
internal static class OptionValues
{
    public static Option<string[]> Many(string name, params string[] aliases) =>
        new(name, aliases) { Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    public static Option<string> One(string name, params string[] aliases) => new(name, aliases);

    public static Option<bool> Flag(string name, params string[] aliases) => new(name, aliases);

    /// <summary>An option of the contract that a later version brings.</summary>
    public static Option<string[]> Later(string name, params string[] aliases) =>
        new(name, aliases) { Arity = ArgumentArity.ZeroOrMore, Hidden = true };

    public static void RefuseLater(this ParseResult arguments, IEnumerable<Option<string[]>> options)
    {
        foreach (Option<string[]> option in options)
        {
            if (arguments.GetResult(option) is { Implicit: false })
                throw new UsageException($"{option.Name}: not built yet; leave it out");
        }
    }

    public static long Number(this ParseResult arguments, Option<string> option, long least, long otherwise)
    {
        string? text = arguments.GetValue(option);
        if (text is null) return otherwise;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least)
            return number;

        throw new UsageException(
            string.Create(CultureInfo.InvariantCulture, $"{option.Name} {text}: give a whole number from {least}"));
    }

    /// <summary>What <c>--workers</c> takes: a number, or auto.</summary>
    public static int Workers(string? text)
    {
        if (text is null) return 1;
        if (text == "auto") return ReplayOptions.AnyWorkers;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number is > 0 and <= ReplayOptions.MostWorkers)
            return number;

        throw new UsageException(string.Create(
            CultureInfo.InvariantCulture,
            $"--workers {text}: give a whole number from 1 to {ReplayOptions.MostWorkers}, or auto"));
    }

    /// <summary>A rate: above 0, with decimals where they are given. Null where the option is not.</summary>
    public static double? Rate(this ParseResult arguments, Option<string> option)
    {
        string? text = arguments.GetValue(option);
        if (text is null) return null;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double rate)
            && rate > 0 && double.IsFinite(rate))
            return rate;

        throw new UsageException($"{option.Name} {text}: give a number above 0");
    }

    public static string? OneOf(this ParseResult arguments, Option<string> option, params string[] known)
    {
        string? text = arguments.GetValue(option);
        if (text is null || known.Contains(text, StringComparer.Ordinal)) return text;

        throw new UsageException(Suggestion.For($"value of {option.Name}", text, known));
    }
}
