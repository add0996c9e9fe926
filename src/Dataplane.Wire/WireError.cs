namespace Dataplane.Wire;

/// <summary>Why bytes are not the protocol that they were taken for.</summary>
public enum WireError : byte
{
    None = 0,

    /// <summary>Fewer bytes than the header, or than a length field in it, asks for.</summary>
    Truncated,

    /// <summary>The version field names another version of the protocol.</summary>
    BadVersion,

    /// <summary>A header length below the fixed header's size.</summary>
    BadHeaderLength,

    /// <summary>A total or payload length that cannot hold its own header.</summary>
    BadTotalLength,

    /// <summary>A type, family or hardware kind that this view does not read.</summary>
    BadType,

    /// <summary>More tags or extension headers than any sane sender stacks.</summary>
    TooDeep,
}
