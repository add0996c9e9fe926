using Xunit;

namespace Dataplane.Tests.Capture;

/// <summary>Other people's captures, which lie beside the repository and not in it.</summary>
internal static class Shared
{
    /// <summary>A path below <c>../shared</c>; the test is skipped where it is absent.</summary>
    public static string Find(string relative)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Dataplane.sln")))
            folder = folder.Parent;

        // Beside the repository, or one folder up from a work tree of it.
        string root = folder?.FullName ?? ".";
        string path = Path.Combine(root, "..", "shared", relative);
        if (!Path.Exists(path)) path = Path.Combine(root, "..", "..", "shared", relative);
        Assert.SkipUnless(Path.Exists(path), $"../shared/{relative} is not here");
        return path;
    }
}
