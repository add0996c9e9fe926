namespace Dataplane.Replay;

/// <summary>Refuses to write over what is read: opening an output empties it.</summary>
internal static class OutputPaths
{
    private const string StandardStream = "-";

    /// <exception cref="InvalidDataException">A file stands twice where it must not.</exception>
    public static void Check(ReplayOptions options)
    {
        (string Option, string? Path)[] all =
            [("-w", options.Output), ("--drops", options.DropsPath), ("--histogram", options.HistogramPath)];
        (string Option, string Path)[] outputs =
            [.. all.Where(output => output.Path is not null).Select(output => (output.Option, output.Path!))];
        foreach ((_, string output) in outputs)
        {
            string? input = options.Captures.Concat(options.Manifests)
                .FirstOrDefault(path => path != StandardStream && IsSame(path, output));
            if (input is not null)
                throw new InvalidDataException(
                    $"{output}: is read too, and writing would empty it: name another output");
        }

        for (int later = 1; later < outputs.Length; later++)
        {
            foreach ((string option, string path) in outputs[..later])
            {
                if (IsSame(path, outputs[later].Path))
                    throw new InvalidDataException(
                        $"{path}: stands at both {option} and {outputs[later].Option}: name two outputs");
            }
        }
    }

    private static bool IsSame(string left, string right) => left == right || Target(left) == Target(right);

    /// <summary>The path at the end of all links.</summary>
    private static string Target(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName : file.FullName;
    }
}
