namespace Dataplane.Replay;

/// <summary>Refuses to write over what is read: opening an output empties it.</summary>
internal static class OutputPaths
{
    private const string StandardStream = "-";

    /// <exception cref="InvalidDataException">A file stands twice where it must not.</exception>
    public static void Check(ReplayOptions options)
    {
        string[] outputs = [.. new[] { options.Output, options.DropsPath }.OfType<string>()];
        foreach (string output in outputs)
        {
            string? input = options.Captures.Concat(options.Manifests).FirstOrDefault(path => path != StandardStream && IsSame(path, output));
            if (input is not null) throw new InvalidDataException($"{output}: is read too, and writing would empty it: name another output");
        }

        if (outputs.Length == 2 && IsSame(outputs[0], outputs[1]))
            throw new InvalidDataException($"{outputs[0]}: stands at both -w and --drops: name two outputs");
    }

    private static bool IsSame(string left, string right) => left == right || Target(left) == Target(right);

    /// <summary>The path at the end of all links.</summary>
    private static string Target(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName : file.FullName;
    }
}
