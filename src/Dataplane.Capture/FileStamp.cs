using Microsoft.Win32.SafeHandles;

namespace Dataplane.Capture;

/// <summary>
/// How long a file is and when it was written to (stat(2)): tells whether another program changed it meanwhile.
/// </summary>
public readonly record struct FileStamp(long Length, DateTime Written)
{
    /// <summary>
    /// Null for what is no file with something in it: a pipe has no length, and cannot be read twice.
    /// </summary>
    public static FileStamp? Of(string path)
    {
        if (path == CaptureFile.StandardStream) return null;

        var file = new FileInfo(path);
        if (!file.Exists) return null;

        // What /dev/fd names a pipe by leads nowhere.
        FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        return target is FileInfo { Exists: true, Length: > 0 } there
            ? new FileStamp(there.Length, there.LastWriteTimeUtc)
            : null;
    }

    public static FileStamp Of(SafeFileHandle file) =>
        new(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));

    /// <summary>Whether it is what it was, or only longer, as a capture that is still being written.</summary>
    public bool IsOrGrewTo(FileStamp later) => later == this || later.Length > Length;

    /// <summary>
    /// What is wrong with a file that had this stamp when it was opened, and of which so much was read to its end.
    /// </summary>
    public string? Judge(FileStamp now, long read)
    {
        if (read < Length && now.Length < Length)
            return $"the file shrank while it was read: {Length} bytes when opened, {now.Length} now";

        bool hasGrown = now.Length > Length && read >= Length;
        return hasGrown || now == this
            ? null
            : "the file was written to while it was read: what was read may be of two versions";
    }
}
