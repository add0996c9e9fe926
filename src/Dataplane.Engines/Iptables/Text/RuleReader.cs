using System.Globalization;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>Reads one <c>-A</c> line; every word must be in the <see cref="Vocabulary"/>.</summary>
internal sealed class RuleReader(string file, int line, string text)
{
    private readonly List<string> _words = [];
    private readonly List<IptablesOption> _header = [];
    private readonly List<OpenMatch> _matches = [];
    private readonly List<IptablesOption> _targetOptions = [];
    private int _position;
    private string? _chain;
    private string? _target;
    private bool _isGoto;
    private ulong _packets;
    private ulong _bytes;

    public IptablesRule Read()
    {
        if (!Quoting.TrySplit(text, _words)) throw Error("a quote is not closed");

        ReadCounters();
        while (_position < _words.Count) ReadOption();
        if (_chain is null) throw Error("no -A: a rule says which chain it is appended to");

        return new IptablesRule
        {
            Chain = _chain,
            Header = InOrder(),
            Matches = [.. _matches.Select(match => new IptablesMatch(match.Name, [.. match.Options]))],
            Target = _target,
            IsGoto = _isGoto,
            TargetOptions = [.. _targetOptions],
            Packets = _packets,
            Bytes = _bytes,
            Line = line,
        };
    }

    private void ReadCounters()
    {
        if (_words.Count == 0 || !_words[0].StartsWith('[')) return;
        if (!Counters.TryParse(_words[0], out _packets, out _bytes))
            throw Error($"{Quoting.Excerpt(_words[0])}: not [packets:bytes]");

        _position = 1;
    }

    private void ReadOption()
    {
        bool isNegated = _words[_position] == "!";
        if (isNegated) _position++;
        if (_position == _words.Count) throw Error("nothing follows the !");

        string name = _words[_position++];
        if (name is "-A" or "--append" or "-m" or "--match" or "-j" or "--jump" or "-g" or "--goto")
        {
            if (isNegated) throw Error($"{name} cannot be negated");
            ReadVerb(name, Value(name));
        }
        else
        {
            ReadPlainOption(name, isNegated);
        }
    }

    private void ReadVerb(string name, string value)
    {
        switch (name)
        {
            case "-A" or "--append":
                if (_chain is not null) throw Error("-A stands there twice");
                _chain = value;
                break;
            case "-m" or "--match":
                if (!Vocabulary.IsMatch(value)) throw Error($"match {Quoting.Excerpt(value)} is not modelled");
                _matches.Add(new OpenMatch(value, []));
                break;
            default:
                if (_target is not null)
                    throw Error($"{name} {Quoting.Excerpt(value)}: the rule has a target, {_target}");
                if (Vocabulary.IsForeignTarget(value)) throw Error($"target {value} is not modelled");
                _target = value;
                _isGoto = name is "-g" or "--goto";
                break;
        }
    }

    private void ReadPlainOption(string name, bool isNegated)
    {
        if (!name.StartsWith('-')) throw Error($"{Quoting.Excerpt(name)}: not an option");

        List<IptablesOption> to = Find(name, out Vocabulary.Word word);
        if (isNegated && !word.MayNegate) throw Error($"{name} cannot be negated");
        if (to.Exists(option => option.Name == word.Name)) throw Error($"{name} stands there twice");

        string? value = word.ValueCount > 0 ? Value(name) : null;
        string? second = word.ValueCount > 1 ? Value(name) : null;
        to.Add(new IptablesOption(word.Name, value, isNegated, second));
    }

    /// <summary>
    /// The last match that has the option, or the target behind -j, or the match that -p brings along.
    /// </summary>
    private List<IptablesOption> Find(string name, out Vocabulary.Word word)
    {
        if (Vocabulary.TryFindInHeader(name, out Vocabulary.Word? found))
        {
            word = found;
            return _header;
        }

        if (_target is not null && Vocabulary.TryFindInTarget(_target, name, out found))
        {
            word = found;
            return _targetOptions;
        }

        for (int index = _matches.Count - 1; index >= 0; index--)
        {
            if (!Vocabulary.TryFindInMatch(_matches[index].Name, name, out found)) continue;

            word = found;
            return _matches[index].Options;
        }

        string? protocol = _header.Find(option => option.Name == "-p").Value;
        if (protocol is not null && Vocabulary.TryFindProtocolMatch(protocol, out string? match)
            && Vocabulary.TryFindInMatch(match, name, out found))
        {
            _matches.Add(new OpenMatch(match, []));
            word = found;
            return _matches[^1].Options;
        }

        throw Error($"option {Quoting.Excerpt(name)} is not modelled{Owner()}");
    }

    private string Owner() =>
        _target is not null ? $" for target {Quoting.Excerpt(_target)}"
        : _matches.Count > 0 ? $" for match {_matches[^1].Name}"
        : "";

    private string Value(string option) =>
        _position < _words.Count ? _words[_position++] : throw Error($"{option} has no value");

    private List<IptablesOption> InOrder()
    {
        if (_header.Count > 1) _header.Sort(static (left, right) => Rank(left.Name).CompareTo(Rank(right.Name)));
        return _header;
    }

    private static int Rank(string option) => "sdiopf".IndexOf(option[1], StringComparison.Ordinal);

    private InvalidDataException Error(string what) => DumpError.At(file, line, what);

    private sealed record OpenMatch(string Name, List<IptablesOption> Options);
}

/// <summary><c>[packets:bytes]</c>.</summary>
internal static class Counters
{
    public static bool TryParse(ReadOnlySpan<char> text, out ulong packets, out ulong bytes)
    {
        packets = bytes = 0;
        int colon = text.IndexOf(':');
        return text.Length > 4 && text[0] == '[' && text[^1] == ']' && colon > 0
            && ulong.TryParse(text[1..colon], NumberStyles.None, CultureInfo.InvariantCulture, out packets)
            && ulong.TryParse(text[(colon + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
    }
}
