namespace Dataplane.Tests.Capture;

/// <summary>A file that is gone after the test.</summary>
internal sealed class TemporaryFile(string extension) : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(
        System.IO.Path.GetTempPath(), $"dataplane-{Guid.NewGuid():n}{extension}");

    public void Dispose() => File.Delete(Path);
}
