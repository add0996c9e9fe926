using System.Text;
using Dataplane.Wire;

namespace Dataplane.Replay.Diff;

/// <summary>Dissected frames in a temporary file, which goes when it is closed. Names are kept once.</summary>
internal sealed class FrameSpill : IDisposable
{
    private const int BufferSize = 1 << 16;

    private readonly FileStream _file = new(Path.GetTempFileName(), new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.ReadWrite,
        BufferSize = BufferSize,
        Options = FileOptions.DeleteOnClose,
    });

    private readonly BinaryWriter _writer;
    private readonly BinaryReader _reader;
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<string> _names = [];
    private long _end;

    public FrameSpill()
    {
        _writer = new BinaryWriter(_file, Encoding.UTF8, leaveOpen: true);
        _reader = new BinaryReader(_file, Encoding.UTF8, leaveOpen: true);
    }

    /// <summary>Gives the frame's place.</summary>
    public long Write(DissectedFrame frame)
    {
        long place = _end;
        _file.Position = place;
        _writer.Write(frame.Number);
        WriteRecord(frame.Record);
        _writer.Write(frame.Layers.Count);
        for (int layer = 0; layer < frame.Layers.Count; layer++)
        {
            _writer.Write(NumberOf(frame.Layers[layer]));
            _writer.Write(frame.Title(layer));
            _writer.Write(frame.Start(layer));
        }

        _writer.Write(frame.Fields.Count);
        foreach (DissectedField field in frame.Fields)
        {
            _writer.Write(field.Layer);
            _writer.Write(NumberOf(field.Name));
            _writer.Write(field.Show);
            _writer.Write(field.Value);
        }

        _writer.Flush();
        _end = _file.Position;
        return place;
    }

    public DissectedFrame Read(long place)
    {
        _file.Position = place;
        var frame = new DissectedFrame { Number = _reader.ReadInt64(), Record = ReadRecord() };
        for (int layers = _reader.ReadInt32(); layers > 0; layers--)
            frame.AddLayer(_names[_reader.ReadInt32()], _reader.ReadString(), _reader.ReadInt32());
        for (int fields = _reader.ReadInt32(); fields > 0; fields--)
        {
            frame.AddField(new DissectedField(
                _reader.ReadInt32(), _names[_reader.ReadInt32()], _reader.ReadString(), _reader.ReadString()));
        }

        return frame;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _reader.Dispose();
        _file.Dispose();
    }

    private int NumberOf(string name)
    {
        if (_numbers.TryGetValue(name, out int number)) return number;

        _numbers.Add(name, _names.Count);
        _names.Add(name);
        return _names.Count - 1;
    }

    private void WriteRecord(FrameRecord? record)
    {
        _writer.Write(record is not null);
        if (record is null) return;

        _writer.Write(record.OriginalLength);
        _writer.Write(record.Timestamp);
        _writer.Write((ushort)record.LinkType);
        _writer.Write(record.Bytes.Length);
        _writer.Write(record.Bytes.Span);
    }

    private FrameRecord? ReadRecord()
    {
        if (!_reader.ReadBoolean()) return null;

        int original = _reader.ReadInt32();
        long time = _reader.ReadInt64();
        var link = (LinkType)_reader.ReadUInt16();
        return new FrameRecord(_reader.ReadBytes(_reader.ReadInt32()), original, time, link);
    }
}
