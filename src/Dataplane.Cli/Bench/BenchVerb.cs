using System.CommandLine;

namespace Dataplane.Cli.Bench;

/// <summary><c>dataplane bench</c>: what packets cost, measured here and now.</summary>
public sealed class BenchVerb : IVerb
{
    private const string DefaultKind = ScalingKind.KindName;

    private readonly BenchArguments _options = new();
    private readonly Argument<string> _kind = new("KIND") { Arity = ArgumentArity.ZeroOrOne };
    private readonly IBenchKind[] _kinds;

    public BenchVerb()
    {
        _kinds = [new ScalingKind(_options), new PipelineKind(_options), new LatencyKind(_options),
            new CompareKind(_options)];
    }

    public string Name => "bench";

    internal IEnumerable<string> Kinds => _kinds.Select(kind => kind.Name);

    public string Help => BenchHelp.Bench;

    public Command Command
    {
        get
        {
            var command = new Command(Name) { _kind, _options.Files, _options.Output, _options.Color };
            foreach (Option option in _kinds.SelectMany(kind => kind.Options).Distinct()) command.Add(option);
            return command;
        }
    }

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        string name = arguments.GetValue(_kind) ?? DefaultKind;
        IBenchKind kind = _kinds.FirstOrDefault(kind => kind.Name == name)
            ?? throw new UsageException(Suggestion.For("bench", name, [.. _kinds.Select(kind => kind.Name)]));
        Option? stray = _kinds.SelectMany(other => other.Options).Except(kind.Options)
            .FirstOrDefault(option => arguments.GetResult(option) is { Implicit: false });
        if (stray is not null) throw new UsageException($"{stray.Name} is not for bench {name}: leave it out");

        string[] files = arguments.GetValue(_options.Files) ?? [];
        if (kind is not CompareKind && files.Length > 0)
            throw new UsageException($"{files[0]}: bench {name} does not take this");

        return kind.Run(arguments, streams, interruption.Token);
    }
}
