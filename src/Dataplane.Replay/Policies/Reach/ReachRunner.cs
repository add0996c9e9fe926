using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Engines.Policies;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>From manifests to who can talk to whom.</summary>
public sealed class ReachRunner
{
    private const int MostPodsNamed = 3;

    private readonly ReachOptions _options;
    private readonly ReachWho? _from;
    private readonly ReachWho? _to;
    private readonly ReachEnds _ends;
    private readonly ServiceTargets _services;
    private readonly ReachJudge _judge;
    private readonly List<string> _notes = [];

    private ReachRunner(
        ClusterSnapshot snapshot, ReachOptions options, PolicyEnforcement enforcement, EmulationSettings settings)
    {
        string cni = CniCatalog.Resolve(options.Cni, snapshot).Name;
        PolicyModel model = EnforcedPolicies.ModelOf(
            enforcement, snapshot, CniProfiles.EgressRules(cni, snapshot, settings));
        _options = options;
        _ends = new ReachEnds(model);
        _services = new ServiceTargets(ServiceModel.Compile(snapshot), _ends);
        _from = Parse("--from", options.From);
        _to = Parse("--to", options.To ?? (options.Namespace is null ? null : $"{options.Namespace}/*"));

        // Whoever is judged has to be known before: classes are made of all.
        IEnumerable<IpAddress?> named = options.Expectations
            .SelectMany(line => new[] { line.From.Address, line.To.Address })
            .Concat([_from?.Address, _to?.Address]);
        foreach (IpAddress address in named.OfType<IpAddress>().Concat(options.External)) _ends.OfAddress(address);
        _judge = new ReachJudge(model, enforcement, _ends.All);
    }

    /// <exception cref="InvalidDataException">A setting, a selector or a name cannot be used.</exception>
    public static ReachReport Run(ClusterSnapshot snapshot, ReachOptions options)
    {
        EmulationSettings settings = EmulationSettings.Parse(options.Settings);
        PolicyEnforcement enforcement = PolicyEnforcement.Of(snapshot, options.Cni, settings);
        return new ReachRunner(snapshot, options, enforcement, settings).Report(snapshot, enforcement);
    }

    private ReachReport Report(ClusterSnapshot snapshot, PolicyEnforcement enforcement)
    {
        var matrix = new ReachMatrix(_judge, Sources(), Targets());
        var expectations = new ExpectationJudge(_ends, _judge, _services, PortsOf);
        IEnumerable<string> damage = snapshot.Findings
            .Where(finding => finding.Severity == Severity.Damage)
            .Select(finding => finding.ToString());
        return new ReachReport(matrix, _ends, enforcement)
        {
            Expectations = [.. _options.Expectations.Select(expectations.Judge)],
            Notes = [enforcement.Evidence, .. _ends.Notes, .. _notes],
            Damage = [.. damage],
        };
    }

    private ImmutableArray<int> Sources()
    {
        IEnumerable<int> outside = _options.External.Select(_ends.OfAddress).Where(end => _ends.All[end].Pod < 0);
        if (_from is null) return [.. Enumerable.Range(0, _ends.PodCount), .. outside];
        if (_from.Service is not null)
            throw new InvalidDataException($"--from {_from}: a Service sends nothing: name pods or an address");

        return _from.Address is { } address ? [_ends.OfAddress(address)] : PodsOf("--from", _from);
    }

    private ImmutableArray<ReachTarget> Targets()
    {
        if (_to?.Service is { } service)
        {
            ImmutableArray<ReachTarget> one = [.. _services.Of(service)];
            return one.IsEmpty
                ? throw new InvalidDataException($"--to {_to}: there is no such Service with an address")
                : one;
        }

        ImmutableArray<int> pods = _to is null ? [.. Enumerable.Range(0, _ends.PodCount)]
            : _to.Address is { } address ? [_ends.OfAddress(address)]
            : PodsOf("--to", _to);
        return [.. PodTargets(pods), .. _options.IncludeServices ? ServicesInScope() : [], .. OutsideTargets()];
    }

    private IEnumerable<ReachTarget> ServicesInScope() => _options.To is null && _options.Namespace is null
        ? _services.All
        : _services.All.Where(target =>
            _options.To is not null || target.Name.StartsWith($"svc/{_options.Namespace}/", StringComparison.Ordinal));

    private List<ReachTarget> PodTargets(ImmutableArray<int> pods)
    {
        List<ReachTarget> targets = [];
        List<string> portless = [];
        foreach (int end in pods)
        {
            ImmutableArray<ReachPort> ports = PortsOf(end);
            if (ports.IsEmpty) portless.Add(_ends.All[end].Name);
            foreach (ReachPort port in ports)
                targets.Add(new ReachTarget(_ends.All[end].Name, port, [new ReachHop(end, port)]));
        }

        if (portless.Count > 0)
        {
            _notes.Add($"{Wording.Count(portless.Count, "pod")} without a known port not among the destinations: "
                + $"{Wording.List(portless, MostPodsNamed)} (--port 80/tcp asks for one)");
        }

        return targets;
    }

    private IEnumerable<ReachTarget> OutsideTargets()
    {
        if (_options.External.IsEmpty) return [];

        if (_options.Ports.IsEmpty)
            _notes.Add("outside addresses are sources alone: --port 443/tcp makes them destinations, too");
        return _options.External.Select(_ends.OfAddress).Distinct()
            .Where(end => _ends.All[end].Pod < 0).SelectMany(end =>
                _options.Ports.Select(port => new ReachTarget(_ends.All[end].Name, port, [new ReachHop(end, port)])));
    }

    private ImmutableArray<ReachPort> PortsOf(int end)
    {
        if (!_options.Ports.IsEmpty) return _options.Ports;

        return end < _ends.PodCount ? ReachEnds.PortsOf(_ends.PodOf(end), () => _services.PortsOf(end)) : [];
    }

    private ReachWho? Parse(string option, string? text)
    {
        if (text is null) return null;

        try
        {
            return ReachWho.Parse(text, _options.Namespace);
        }
        catch (FormatException error)
        {
            throw new InvalidDataException($"{option} {text}: {error.Message}", error);
        }
    }

    private ImmutableArray<int> PodsOf(string option, ReachWho who)
    {
        ImmutableArray<int> pods = who.PodsOf(_ends);
        return pods.IsEmpty ? throw new InvalidDataException($"{option} {who}: {who.NearMiss(_ends)}") : pods;
    }
}
