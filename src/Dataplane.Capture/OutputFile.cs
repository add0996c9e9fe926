namespace Dataplane.Capture;

/// <summary>
/// The one place where files that users name are opened to be written: what is wrong is said with the option's name.
/// </summary>
public static class OutputFile
{
    private const int DefaultBuffer = 4096;

    /// <summary>Opens a file, and empties it.</summary>
    /// <param name="option">As it was typed.</param>
    /// <param name="path">Its value.</param>
    /// <param name="bufferSize">0 for those who have buffers of their own.</param>
    /// <exception cref="IOException">It cannot be written; in one line.</exception>
    public static FileStream Create(string option, string path, int bufferSize = DefaultBuffer)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            throw new IOException($"{option} {path}: {Reason(path, error)}", error);
        }
    }

    private static string Reason(string path, Exception error)
    {
        if (path.Length == 0) return "no name: give a file";
        if (Directory.Exists(path)) return "a folder: name a file in it";
        if (error is UnauthorizedAccessException) return "no permission to write there: name another file";
        if (error is PathTooLongException or ArgumentException or NotSupportedException)
            return "not a file's name: name another one";

        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
        if (!Directory.Exists(folder)) return $"there is no folder {folder}: make it, or name another file";
        return error is FileNotFoundException
            ? $"no file can be made in {folder}: name another one"
            : $"cannot be written: {error.Message}";
    }
}
