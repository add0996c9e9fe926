using System.IO.Enumeration;
using System.Text;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// Reads what <c>kubectl get … -o yaml|json</c> prints, at any size, into a snapshot. A file in which something was
/// good
/// keeps that, with a finding of <see cref="Severity.Damage"/>; one in which nothing was is an
/// <see cref="InvalidDataException"/>.
/// </summary>
public sealed class ManifestReader
{
    private const string StandardInput = "-";

    private readonly SnapshotDraft _snapshot = new();
    private readonly StringShelf _strings = new();
    private readonly CancellationToken _cancellation;
    private int _count;

    private ManifestReader(CancellationToken cancellation = default) => _cancellation = cancellation;

    /// <summary>Files, folders (their *.yaml, *.yml and *.json, however deep, in order of their names) and
    /// <c>-</c>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; looked at between two objects.</exception>
    public static ClusterSnapshot Read(
        IEnumerable<string> paths, Stream? standardInput = null, CancellationToken cancellation = default)
    {
        var reader = new ManifestReader(cancellation);
        foreach (string path in paths)
        {
            if (path == StandardInput) reader.ReadStandardInput(standardInput);
            else if (Directory.Exists(path)) reader.ReadFolder(path);
            else reader.ReadFile(path, mayFail: false);
        }

        return reader._snapshot.Build();
    }

    /// <summary>One manifest that is in memory; <paramref name="name"/> stands where a file's name would.</summary>
    public static ClusterSnapshot ReadText(string text, string name)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return ReadStream(stream, name);
    }

    /// <summary>One manifest from a stream; <paramref name="name"/> stands where a file's name would.</summary>
    public static ClusterSnapshot ReadStream(Stream stream, string name)
    {
        var reader = new ManifestReader();
        reader.ReadOne(stream, name, mayFail: false);
        return reader._snapshot.Build();
    }

    private void ReadStandardInput(Stream? given)
    {
        if (given is not null)
        {
            ReadOne(given, "stdin", mayFail: false);
            return;
        }

        using Stream stream = Console.OpenStandardInput();
        ReadOne(stream, "stdin", mayFail: false);
    }

    private void ReadFolder(string folder)
    {
        string[] files = [.. FilesIn(folder).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new InvalidDataException($"{folder}: no *.yaml, *.yml or *.json in this folder: name the manifests");

        int before = _count, findings = _snapshot.Findings.Count;
        foreach (string file in files) ReadFile(file, mayFail: true);
        if (_count == before && _snapshot.Findings.Skip(findings).FirstOrDefault(IsDamage) is { } first)
            throw new InvalidDataException(first.ToString());
    }

    private static FileSystemEnumerable<string> FilesIn(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false };
        return new FileSystemEnumerable<string>(
            folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                !entry.IsDirectory && Path.GetExtension(entry.FileName) is ".yaml" or ".yml" or ".json",
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
                (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
    }

    private void ReadFile(string path, bool mayFail)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file or folder");

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        (long Length, DateTime Written) before = StampOf(stream);
        ReadOne(stream, path, mayFail);
        if (StampOf(stream) == before) return;

        const string Changed = "the file was written to while it was read: what was read may be of two versions";
        _snapshot.Report(Severity.Damage, new SourceLine(path, 1), Changed);
    }

    // A pipe has none, and is not read twice.
    private static (long Length, DateTime Written) StampOf(FileStream stream) =>
        stream.CanSeek ? (stream.Length, File.GetLastWriteTimeUtc(stream.SafeFileHandle)) : default;

    private void ReadOne(Stream stream, string name, bool mayFail)
    {
        int findings = _snapshot.Findings.Count;
        ManifestText text = ManifestText.Open(stream);
        TokenSource tokens = text.IsJson
            ? new JsonTokenSource(text.Stream, name)
            : new YamlTokenSource(
                new YamlText(new StreamReader(text.Stream, ManifestText.StrictUtf8, false), name), name);
        var cursor = new ManifestCursor(tokens, name, _strings, _snapshot.Findings);
        var objects = new ObjectReader(tokens, name, cursor, _snapshot, _cancellation);
        try
        {
            objects.ReadAll();
            if (objects.DocumentCount == 0)
                _snapshot.Report(Severity.Warning, new SourceLine(name, 1), "no object in this file: it is empty");
        }
        catch (InvalidDataException damage) when (objects.Count > 0 || mayFail)
        {
            _snapshot.Findings.Add(Split(damage.Message, name, objects.Count));
        }

        _count += objects.Count;
        if (objects.Count > 0 || mayFail) return;
        if (_snapshot.Findings.Skip(findings).FirstOrDefault(IsDamage) is { } first)
            throw new InvalidDataException(first.ToString());
    }

    private static bool IsDamage(Finding finding) => finding.Severity == Severity.Damage;

    // "file:line: what" becomes a finding at that place.
    private static Finding Split(string message, string name, int count)
    {
        ReadOnlySpan<char> rest = message.AsSpan(name.Length + 1);
        int colon = rest.IndexOf(':');
        int line = int.Parse(rest[..colon], System.Globalization.CultureInfo.InvariantCulture);
        string read = count == 0 ? "nothing was read" : $"{count} objects before it were read";
        return new Finding(
            Severity.Damage, new SourceLine(name, line), $"{rest[(colon + 2)..]}; {read}, and nothing behind it");
    }
}
