using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Xml;
using Dataplane.Capture;

namespace Dataplane.Replay.Diff;

/// <summary>
/// Runs tshark on a capture and reads its PDML frame by frame, in constant memory (tshark's own aside).
/// </summary>
public sealed class PdmlReader : IFrameReader
{
    private readonly Process _process;
    private readonly XmlReader _xml;
    private readonly StringBuilder _complaints = new();
    private readonly NameTable _names = new();
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _cancelled;
    private long _frames;
    private bool _ended;

    /// <param name="capture">A file, a pipe, or <c>-</c>.</param>
    /// <param name="ports">UDP ports that carry tunnels.</param>
    /// <param name="showCommand">Gets the command, as one would type it.</param>
    /// <param name="cancellation">Ends tshark, which may be waiting for a pipe.</param>
    public PdmlReader(
        string capture, IReadOnlyList<TunnelPort> ports, Action<string> showCommand,
        CancellationToken cancellation = default)
    {
        if (capture != CaptureFile.StandardStream) CaptureFile.RequireFile(capture);

        string program = Tshark.Find();
        IReadOnlyList<string> arguments = Tshark.Arguments(capture, ports);
        showCommand(Tshark.Describe(arguments));
        Capture = capture;

        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, line) => Complain(line.Data);
        _process.BeginErrorReadLine();
        _cancellation = cancellation;
        _cancelled = cancellation.Register(_process.Kill);
        _xml = XmlReader.Create(_process.StandardOutput.BaseStream, new XmlReaderSettings
        {
            CheckCharacters = false,
            DtdProcessing = DtdProcessing.Prohibit,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            IgnoreWhitespace = true,
            NameTable = _names,
        });
    }

    public string Capture { get; }

    /// <summary>What tshark said about a capture that ends too early.</summary>
    public string? Damage { get; private set; }

    public DissectedFrame? Read()
    {
        if (_ended) return null;

        try
        {
            while (_xml.Read())
            {
                if (_xml.NodeType == XmlNodeType.Element && _xml.Name == "packet") return ReadPacket();
            }
        }
        catch (XmlException)
        {
            // tshark gave up in the middle; End says why, in tshark's own words.
        }

        End();
        return null;
    }

    public void Dispose()
    {
        _cancelled.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        _xml.Dispose();
    }

    private void End()
    {
        _ended = true;
        _process.WaitForExit();
        _cancellation.ThrowIfCancellationRequested();
        if (_process.ExitCode == 0) return;

        string complaint = _complaints.Length > 0
            ? _complaints.ToString()
            : string.Create(CultureInfo.InvariantCulture, $"tshark ended with exit code {_process.ExitCode}");
        string line = string.Create(CultureInfo.InvariantCulture, $"{Capture}: after frame {_frames}: {complaint}");
        if (_frames == 0) throw new InvalidDataException(line);

        Damage = line;
    }

    private void Complain(string? line)
    {
        if (line is null || line.Length == 0 || line.StartsWith("Running as user", StringComparison.Ordinal)) return;

        lock (_complaints)
        {
            if (_complaints.Length == 0) _complaints.Append(line);
        }
    }

    private DissectedFrame ReadPacket()
    {
        var frame = new DissectedFrame { Number = ++_frames };
        int end = _xml.Depth;
        int layer = -1;
        bool skipping = false;

        while (_xml.Read() && _xml.Depth > end)
        {
            if (_xml.NodeType != XmlNodeType.Element) continue;

            string name = _xml.GetAttribute("name") ?? "";
            if (_xml.Depth == end + 1)
            {
                skipping = name == "geninfo";
                if (skipping) continue;

                layer = frame.AddLayer(
                    name == "fake-field-wrapper" ? "data" : _names.Add(name),
                    _xml.GetAttribute("showname") ?? "",
                    Number(_xml.GetAttribute("pos")));
            }
            else if (!skipping && (_xml.GetAttribute("hide") is null || IsWorthSeeing(name)))
            {
                AddField(frame, layer, name);
            }
        }

        return frame;
    }

    private void AddField(DissectedFrame frame, int layer, string name)
    {
        string value = _xml.GetAttribute("value") ?? "";
        string show = _xml.GetAttribute("show") ?? "";

        // What has neither text nor bytes heads a group: its fields say it all.
        if (value.Length == 0 && show.Length == 0) return;
        if (name.Length == 0)
        {
            // Bytes that a dissector shows as text only; headlines of groups have no bytes of their own.
            if (value.Length == 0) return;
            name = frame.Layers[layer] + ".text";
        }

        frame.AddField(new DissectedField(layer, _names.Add(name), show, value));
    }

    /// <summary>
    /// Hidden fields mostly repeat others; these do not: bits that nothing else shows, and a warning's words.
    /// </summary>
    private static bool IsWorthSeeing(string name) =>
        name == FrameFaults.ExpertMessage || name.StartsWith("geneve.", StringComparison.Ordinal);

    private static int Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
