namespace Dataplane.Capture;

/// <summary>The formats that are written.</summary>
public enum CaptureFormat
{
    Pcapng,
    Pcap,
}
