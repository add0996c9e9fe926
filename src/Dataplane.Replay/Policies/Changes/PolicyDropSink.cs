using Dataplane.Core;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Tells of each record that policies dropped, when its burst has ended.</summary>
internal readonly unsafe struct PolicyDropSink(Action<PacketBurst, int> dropped) : IFrameSink
{
    public bool Observes(ObservationPoint point) => false;

    public void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length)
    {
    }

    public void EndBurst(PacketBurst burst)
    {
        for (int record = 0; record < burst.RecordCount; record++)
        {
            if (burst.Records[record] is { Verdict: Verdict.Dropped, Stage: Stage.Police }) dropped(burst, record);
        }
    }
}
