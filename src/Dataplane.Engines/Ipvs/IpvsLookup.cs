using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// Services as IPVS looks them up for a packet without connection (<c>ip_vs_schedule</c>). It only asks: whoever lets
/// the packet through calls <see cref="IpvsState.Commit"/>, which makes the connection and moves the scheduler on.
/// </summary>
public readonly struct IpvsLookup(IpvsTables tables)
{
    private const ushort FtpPort = 21;

    /// <summary>Sends for the service's bucket.</summary>
    public void Prefetch(in FlowKey key) => tables.Prefetch(in key);

    /// <summary>Sends for the real server that round robin would probably give, and its load.</summary>
    public void PrefetchNext(in FlowKey key, IpvsState state)
    {
        uint number = tables.FindService(in key);
        if (number == 0) return;

        ref readonly IpvsService service = ref tables.Service(number);
        uint next = state.MarkOf(number).Last + 1;
        if (next <= service.First || next >= service.End) next = service.First;
        tables.PrefetchDestination(next);
        state.PrefetchLoad(next);
    }

    /// <summary>
    /// The real server for a packet that may be scheduled (<see cref="IpvsTables.IsScheduled"/>): the client's
    /// template's, or the scheduler's. No backend is answered with a port-unreachable error.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ServiceVerdict Lookup(in FlowKey key, IpvsState state, long now)
    {
        ServiceVerdict verdict = default;
        uint number = tables.FindService(in key);
        return number == 0 ? verdict : Select(in key, state, now, number);
    }

    private ServiceVerdict Select(in FlowKey key, IpvsState state, long now, uint number)
    {
        ServiceVerdict verdict = default;
        ref readonly IpvsService service = ref tables.Service(number);
        uint chosen = ChooseFor(in key, state, now, number, in service);
        bool isOther = service.Port == FtpPort && key.DestinationPort != FtpPort;
        if (chosen == 0 && isOther) return verdict;

        verdict.Service = number;
        verdict.Outcome = ServiceOutcome.NoBackend;
        if (chosen == 0) return verdict;

        ref readonly IpvsDestination destination = ref tables.Destination(chosen);
        bool hasOwnPort = key.DestinationPort == service.Port && destination.Port != 0;
        verdict.Outcome = ServiceOutcome.Backend;
        verdict.Backend = chosen;
        verdict.BackendAddress = destination.Address;
        verdict.BackendPort = hasOwnPort ? destination.Port : key.DestinationPort;
        return verdict;
    }

    private uint ChooseFor(in FlowKey key, IpvsState state, long now, uint number, in IpvsService service)
    {
        if (service.Has(IpvsServiceFlags.Persistent))
        {
            uint template = state.FindTemplate(in service, in key);
            if (template != 0 && state.IsValid(template)) return state.Connections[template].Destination;
        }
        else if (key.DestinationPort != service.Port)
        {
            return 0;
        }

        IpvsMark mark = state.MarkOf(number);
        return new IpvsScheduling(tables, state, in service, now).Choose(in key, ref mark);
    }
}
