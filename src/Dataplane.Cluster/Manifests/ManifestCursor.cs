using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// What the kinds are read through, whatever the file is written in. Each Read takes the value that the cursor stands
/// on, and leaves the cursor on that value's last token; null reads as absent.
/// </summary>
internal sealed class ManifestCursor(TokenSource source, string file, StringShelf strings, List<Finding> findings)
{
    private char[] _key = new char[256];
    private int _keyLength;

    public TokenSource Source { get; set; } = source;

    public int Line => Source.Line;

    public SourceLine Place => new(file, Source.Line);

    public ReadOnlySpan<char> Key => _key.AsSpan(0, _keyLength);

    public int KeyLine { get; private set; }

    public void Skip() => Source.Skip();

    /// <summary>
    /// Over the value of a key that the kind does not have, with a warning: the API server
    /// would drop it without a word.
    /// </summary>
    public void SkipUnknown(string owner)
    {
        Report(Severity.Warning, KeyLine, $"{owner} has no field \"{Shorten(Key)}\": the API server drops it");
        Skip();
    }

    public void Report(Severity severity, int line, string text) =>
        findings.Add(new Finding(severity, new SourceLine(file, line), text));

    /// <summary>False where there is nothing (null).</summary>
    public bool EnterMap(string what) => Enter(TokenKind.MapStart, what);

    public bool EnterList(string what) => Enter(TokenKind.ListStart, what);

    /// <summary>On to the next key's value; false behind the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool NextKey(ref KeyScope scope)
    {
        Source.Read();
        if (Source.Kind == TokenKind.MapEnd) return false;

        ReadOnlySpan<char> text = Source.Text;
        if (text.Length > _key.Length) _key = new char[text.Length * 2];
        text.CopyTo(_key);
        _keyLength = text.Length;
        KeyLine = Source.Line;
        if (!scope.Add(text)) throw new ObjectDamageException(KeyLine, $"the key \"{Shorten(text)}\" stands twice");
        if (text is "<<") throw new ObjectDamageException(
            KeyLine, "merge keys (<<) are not read: write the fields out");

        Source.Read();
        return true;
    }

    public bool NextItem()
    {
        Source.Read();
        return Source.Kind != TokenKind.ListEnd;
    }

    public ReadOnlySpan<char> Scalar(string what) => Source.Kind switch
    {
        TokenKind.Scalar => Source.Text,
        TokenKind.Null => default,
        _ => throw Expected("a single value", what),
    };

    public string ReadText(string what) => strings.Get(Scalar(what));

    /// <summary>
    /// A name as Kubernetes has them, or as messages may repeat it: 253 letters at most, none that a terminal obeys.
    /// </summary>
    public string ReadName(string what)
    {
        const int LongestName = 253;
        ReadOnlySpan<char> text = Scalar(what);
        foreach (char letter in text)
        {
            if (char.IsControl(letter))
                throw new ObjectDamageException(Line, $"{what} is \"{Shorten(text)}\", with a control character");
        }

        if (text.Length > LongestName)
            throw new ObjectDamageException(Line, $"{what} is \"{Shorten(text)}\", longer than {LongestName} letters");

        return strings.Get(text);
    }

    public bool ReadBool(string what)
    {
        ReadOnlySpan<char> text = Scalar(what);
        if (bool.TryParse(text, out bool value)) return value;
        if (text.IsEmpty) return false;

        throw new ObjectDamageException(Line, $"{what} is \"{Shorten(text)}\", not true or false");
    }

    public int ReadNumber(string what, int min, int max)
    {
        ReadOnlySpan<char> text = Scalar(what);
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            && number >= min && number <= max) return number;

        throw new ObjectDamageException(Line, $"{what} is \"{Shorten(text)}\", not a number from {min} to {max}");
    }

    public ushort ReadPort(string what) => (ushort)ReadNumber(what, 1, ushort.MaxValue);

    /// <summary>An IntOrString: a number in quotes is a number too.</summary>
    public PortReference ReadPortReference(string what)
    {
        ReadOnlySpan<char> text = Scalar(what);
        if (text.IsEmpty) return default;

        bool isNumber = text.IndexOfAnyExceptInRange('0', '9') < 0 || text[0] == '-';
        return isNumber ? new PortReference(ReadPort(what), null) : new PortReference(0, strings.Get(text));
    }

    public byte ReadProtocol(string what) => Scalar(what) switch
    {
        "TCP" or "" => IpProtocol.Tcp,
        "UDP" => IpProtocol.Udp,
        "SCTP" => IpProtocol.Sctp,
        ReadOnlySpan<char> other =>
            throw new ObjectDamageException(Line, $"{what} is \"{Shorten(other)}\", not TCP, UDP or SCTP"),
    };

    public bool TryReadAddress(string what, out IpAddress address)
    {
        ReadOnlySpan<char> text = Scalar(what);
        if (IpAddress.TryParse(text, out address)) return true;

        Report(Severity.Damage, Line, $"{what} is \"{Shorten(text)}\", not an IP address: it is left out");
        return false;
    }

    public IpPrefix ReadPrefix(string what)
    {
        ReadOnlySpan<char> text = Scalar(what);
        if (IpPrefix.TryParse(text.Trim(), out IpPrefix prefix)) return prefix;

        throw new ObjectDamageException(Line, $"{what} is \"{Shorten(text)}\", not a CIDR (an address/length)");
    }

    /// <summary>A list of addresses; those that do not parse are reported and left out.</summary>
    public ImmutableArray<IpAddress> ReadAddresses(string what)
    {
        if (!EnterList(what)) return [];

        ImmutableArray<IpAddress> all = [];
        while (NextItem())
        {
            if (TryReadAddress(what, out IpAddress address)) all = all.Add(address);
        }

        return all;
    }

    public ImmutableArray<string> ReadTexts(string what) => ReadList(what, cursor => cursor.ReadText(what));

    /// <summary>A list in which one bad item spoils the object.</summary>
    public ImmutableArray<T> ReadList<T>(string what, Func<ManifestCursor, T> read)
    {
        if (!EnterList(what)) return [];

        var all = ImmutableArray.CreateBuilder<T>();
        while (NextItem()) all.Add(read(this));
        return all.ToImmutable();
    }

    /// <summary>A list whose bad items are reported and left out.</summary>
    public ImmutableArray<T> ReadGoodItems<T>(string what, Func<ManifestCursor, T> read)
    {
        if (!EnterList(what)) return [];

        var all = ImmutableArray.CreateBuilder<T>();
        int depth = Source.Depth;
        while (NextItem())
        {
            try
            {
                all.Add(read(this));
            }
            catch (ObjectDamageException damage)
            {
                Report(Severity.Damage, damage.Line, $"{damage.Message}: this entry of {what} is left out");
                Source.SkipTo(depth);
            }
        }

        return all.ToImmutable();
    }

    public ImmutableDictionary<string, string> ReadTextMap(string what)
    {
        if (!EnterMap(what)) return ImmutableDictionary<string, string>.Empty;

        var all = ImmutableDictionary.CreateBuilder<string, string>();
        KeyScope keys = default;
        while (NextKey(ref keys))
        {
            if (Key is LastApplied) Skip();
            else all[strings.Get(Key)] = ReadText(what);
        }

        return all.ToImmutable();
    }

    public ObjectDamageException Expected(string shape, string what) => new(Line, Source.Kind switch
    {
        TokenKind.MapStart => $"{what} is a map where {shape} must be",
        TokenKind.ListStart => $"{what} is a list where {shape} must be",
        _ => $"{what} is a single value where {shape} must be",
    });

    /// <summary>A value as a message can show it: one line, not too long.</summary>
    public static string Shorten(ReadOnlySpan<char> text, int longest = 60)
    {
        string start = text[..Math.Min(text.Length, longest)].ToString();
        string clean = string.Concat(start.Select(character => char.IsControl(character) ? ' ' : character));
        return text.Length > longest ? clean + "…" : clean;
    }

    // kubectl apply keeps a copy of the whole object here, which no CNI reads.
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private bool Enter(TokenKind wanted, string what)
    {
        if (Source.Kind == wanted) return true;
        if (Source.Kind == TokenKind.Null) return false;

        throw Expected(wanted == TokenKind.MapStart ? "a map" : "a list", what);
    }
}
