using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>Puts single packets into the pipeline while the recorder listens.</summary>
internal sealed unsafe class TraceBench(Emulation emulation, TraceRecorder recorder, IPipeline pipeline)
{
    private const long FirstTimestamp = 1_700_000_000_000_000_000;
    private const long Millisecond = 1_000_000;

    private long _now = FirstTimestamp;

    /// <summary>A frame of our own, a millisecond after the one before.</summary>
    public RecordState Send(byte[] frame)
    {
        byte[] bytes = GC.AllocateArray<byte>(frame.Length + CaptureRecord.Slack, pinned: true);
        frame.CopyTo(bytes, 0);
        fixed (byte* start = bytes)
        {
            var record = new CaptureRecord
            {
                Data = start,
                CapturedLength = frame.Length,
                OriginalLength = frame.Length,
                Timestamp = _now,
                LinkType = LinkType.Ethernet,
            };
            _now += Millisecond;
            return Send(new ReadOnlySpan<CaptureRecord>(in record));
        }
    }

    /// <summary>One record of a capture.</summary>
    public RecordState Send(ReadOnlySpan<CaptureRecord> record)
    {
        recorder.Start();
        pipeline.Process(record);
        recorder.Stop();
        return emulation.Burst.Records[0];
    }
}
