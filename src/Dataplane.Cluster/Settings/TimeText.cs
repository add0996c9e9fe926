namespace Dataplane.Cluster.Settings;

/// <summary>
/// A length of time as settings and options write it: <c>5ms</c>, <c>-250us</c>, <c>1.5s</c>, up to an hour.
/// </summary>
public static class TimeText
{
    /// <summary>Nanoseconds, with a sign.</summary>
    public static bool TryParse(string text, out long nanoseconds)
    {
        bool isNegative = text.StartsWith('-');
        string time = isNegative || text.StartsWith('+') ? text[1..] : text;
        if (!LinkSettingDefinitions.TryTime(time, out nanoseconds)) return false;

        if (isNegative) nanoseconds = -nanoseconds;
        return true;
    }
}
