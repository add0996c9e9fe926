namespace Dataplane.Cli;

/// <summary>The exit codes of the command line's contract.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>The answer is "no": differences were found, a packet was dropped under --fail-on-drop.</summary>
    public const int No = 1;

    /// <summary>Wrong usage, or input that cannot be read.</summary>
    public const int Unusable = 2;

    /// <summary>Done, but part of the input was damaged or could change a verdict and is not modelled.</summary>
    public const int Damaged = 3;

    public const int Interrupted = 130;
}
