namespace Dataplane.Cli;

/// <summary>The command was typed wrong; the message is the one line that says how.</summary>
public sealed class UsageException(string message) : Exception(message);
