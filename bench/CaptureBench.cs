using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Bench;

/// <summary>Capture files from memory and to nowhere: nanoseconds a packet of 60 bytes.</summary>
[MemoryDiagnoser]
public class CaptureBench : IDisposable
{
    private const int Packets = 1 << 16;
    private const int Batch = 256;

    private readonly FrameSet _frames = new(SampleFrames.AcrossNodes(Packets, SampleFrames.Small));
    private readonly CaptureRecord[] _batch = new CaptureRecord[Batch];
    private CaptureReader? _reader;
    private CaptureWriter? _writer;
    private int _interface;

    [Params(CaptureFormat.Pcap, CaptureFormat.Pcapng)]
    public CaptureFormat Format { get; set; }

    [GlobalSetup]
    public void Open()
    {
        var file = new MemoryStream();
        using (CaptureWriter writer = CaptureWriter.Create(file, "memory", Format))
            WriteAll(writer, writer.AddInterface("eth0", LinkType.Ethernet));
        _reader = CaptureFile.Open(
            new MemoryStream(file.ToArray()), "memory", new CaptureReadOptions { Preload = true });
        _writer = CaptureWriter.Create(Stream.Null, "nowhere", Format);
        _interface = _writer.AddInterface("eth0", LinkType.Ethernet);
    }

    [Benchmark(Description = "Read", OperationsPerInvoke = Packets)]
    public long Read()
    {
        long records = 0;
        _reader!.Rewind();
        for (int count; (count = _reader.Read(_batch)) > 0;) records += count;
        return records;
    }

    [Benchmark(Description = "Write", OperationsPerInvoke = Packets)]
    public long Write()
    {
        WriteAll(_writer!, _interface);
        return _writer!.BytesWritten;
    }

    public void Dispose()
    {
        _frames.Dispose();
        _reader?.Dispose();
        _writer?.Dispose();
        GC.SuppressFinalize(this);
    }

    private void WriteAll(CaptureWriter writer, int number)
    {
        PacketMetadata metadata = default;
        uint order = 0;
        foreach (ref readonly CaptureRecord record in _frames.Records)
        {
            writer.Write(order++, number, record.Timestamp, record.Bytes, record.OriginalLength, in metadata);
            if (order % Batch == 0) writer.Commit();
        }
    }
}
