using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>One line of a file of expectations: <c>allow FROM -> TO [PORT/protocol,…]</c>, or <c>deny</c>.</summary>
/// <param name="Allows">All pairs must be allowed; otherwise all must be denied.</param>
/// <param name="Ports">Empty: the destinations' own.</param>
/// <param name="Text">The line as it stands, without its comment.</param>
public sealed record Expectation(
    bool Allows, ReachWho From, ReachWho To, ImmutableArray<ReachPort> Ports, string Text, SourceLine Source)
{
    private const string Arrow = " -> ";

    /// <summary>Lines; empty ones and what stands behind # are left out.</summary>
    /// <exception cref="InvalidDataException">A line cannot be read: file, line, what is wrong.</exception>
    public static ImmutableArray<Expectation> ReadFile(string path, string? space = null)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file");

        return Read(File.ReadLines(path), path, space);
    }

    public static ImmutableArray<Expectation> Read(IEnumerable<string> lines, string file, string? space = null)
    {
        ImmutableArray<Expectation>.Builder all = ImmutableArray.CreateBuilder<Expectation>();
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            int comment = line.IndexOf('#', StringComparison.Ordinal);
            string text = (comment < 0 ? line : line[..comment]).Trim();
            if (text.Length == 0) continue;

            try
            {
                all.Add(Parse(text, new SourceLine(file, number), space));
            }
            catch (FormatException error)
            {
                throw new InvalidDataException(
                    $"{file}:{number}: {error.Message} (a line is: allow|deny FROM -> TO PORT/PROTOCOL)", error);
            }
        }

        return all.Count > 0
            ? all.ToImmutable()
            : throw new InvalidDataException(
                $"{file}: no expectation in this file: write lines such as: deny any -> shop/app=db 5432/tcp");
    }

    private static Expectation Parse(string text, SourceLine source, string? space)
    {
        int verbEnd = text.IndexOf(' ', StringComparison.Ordinal);
        string verb = verbEnd < 0 ? text : text[..verbEnd];
        if (verb is not ("allow" or "deny")) throw new FormatException($"\"{verb}\" is neither allow nor deny");

        int arrow = text.IndexOf(Arrow, StringComparison.Ordinal);
        if (arrow < verbEnd) throw new FormatException("there is no \" -> \" between FROM and TO");

        string from = text[verbEnd..arrow].Trim();
        string to = text[(arrow + Arrow.Length)..].Trim();
        ImmutableArray<ReachPort> ports = [];
        int last = to.LastIndexOf(' ');
        if (last > 0 && TryPorts(to[(last + 1)..], out ports)) to = to[..last].Trim();

        var expectation = new Expectation(
            verb == "allow", ReachWho.Parse(from, space), ReachWho.Parse(to, space), ports, text, source);
        if (expectation.From.Service is not null)
            throw new FormatException("a Service sends nothing: FROM is a pod or an address");
        if (expectation.To.Address is not null && ports.IsEmpty)
            throw new FormatException($"which port of {to}? write one behind it, say 443/tcp");

        return expectation;
    }

    private static bool TryPorts(string text, out ImmutableArray<ReachPort> ports)
    {
        ports = [];
        if (!char.IsAsciiDigit(text[0]) || text[^1] == ')') return false;

        ImmutableArray<ReachPort>.Builder all = ImmutableArray.CreateBuilder<ReachPort>();
        foreach (string part in text.Split(','))
        {
            if (!ReachPort.TryParse(part, out ReachPort port))
                throw new FormatException($"\"{part}\" is not a port such as 80/tcp");
            all.Add(port);
        }

        ports = all.ToImmutable();
        return true;
    }
}
