using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Cli.Manual;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cli.Completion;

/// <summary>What can be typed behind <c>dataplane</c>: verbs, their options, and what these take.</summary>
public sealed record CommandTree(ImmutableArray<VerbNode> Verbs, ImmutableArray<SettingNode> Settings)
{
    public static CommandTree Read()
    {
        HelpPage root = HelpPage.Parse(HelpText.Root);
        return new CommandTree(
            [.. CommandLine.Verbs.Select(verb => VerbOf(CommandLine.Verb(verb), root.Clause(verb)))],
            [.. SettingRegistry.All.Select(SettingNode.Of).DistinctBy(setting => setting.Key)]);
    }

    private static VerbNode VerbOf(IVerb verb, string text)
    {
        HelpPage page = HelpPage.Parse(verb.Help);
        return new VerbNode(
            verb.Name,
            text,
            OptionWords.OfArgument(verb),
            OptionWords.OfRest(verb),
            [.. verb.Command.Options.Where(option => !option.Hidden)
                .Select(option => OptionOf(verb.Name, option, page))]);
    }

    private static OptionNode OptionOf(string verb, Option option, HelpPage page) => new(
        [.. option.Aliases.Append(option.Name).OrderBy(name => name.Length)],
        page.Clause(option.Name),
        option.ValueType == typeof(bool) ? OptionValue.None : OptionWords.Of(verb, option.Name),
        option.Arity.MaximumNumberOfValues > 1);
}

/// <summary>A verb: what stands behind it without a dash, first and later, and its options.</summary>
public sealed record VerbNode(
    string Name, string Text, OptionValue Argument, OptionValue Rest, ImmutableArray<OptionNode> Options);

/// <summary>An option under all of its names, the short one first.</summary>
public sealed record OptionNode(ImmutableArray<string> Names, string Text, OptionValue Value, bool Repeats);

/// <summary>What an option takes; words where they are known.</summary>
public sealed record OptionValue(OptionValueKind Kind, ImmutableArray<string> Words)
{
    public static readonly OptionValue None = new(OptionValueKind.None, []);
    public static readonly OptionValue Free = new(OptionValueKind.Free, []);
    public static readonly OptionValue File = new(OptionValueKind.File, []);
    public static readonly OptionValue Setting = new(OptionValueKind.Setting, []);

    public static OptionValue Of(params IEnumerable<string> words) => new(OptionValueKind.Words, [.. words]);
}

/// <summary>How an option's value can be completed.</summary>
public enum OptionValueKind : byte
{
    /// <summary>The option is a flag.</summary>
    None,

    /// <summary>A value that nobody can guess: a number, a name.</summary>
    Free,
    File,
    Words,

    /// <summary>KEY=VALUE of --set.</summary>
    Setting,
}
