using System.Globalization;
using System.Text;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Xunit;

namespace Dataplane.Tests.Cluster;

public class ManifestSizeTests
{
    private const string Secret =
        """{"apiVersion":"v1","data":{"a":"%"},"kind":"Secret","metadata":{"name":"s","managedFields":[{"f:a":{}}]}},""";

    [Fact]
    public void Json_that_no_snapshot_holds_takes_no_memory_for_its_data()
    {
        byte[] item = Encoding.UTF8.GetBytes(Secret.Replace("%", new string('x', 4000), StringComparison.Ordinal));
        int count = (64 << 20) / item.Length;
        using var stream = new RepeatingStream(
            """{"apiVersion":"v1","items":["""u8.ToArray(), item, count,
            """{"kind":"Secret","apiVersion":"v1"}],"kind":"List"}"""u8.ToArray());

        long before = GC.GetAllocatedBytesForCurrentThread();
        ClusterSnapshot snapshot = ManifestReader.ReadStream(stream, "secrets.json");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(count + 1, Assert.Single(snapshot.Unmodelled).Count);
        // Each Secret is one counted entry: a draft and the count, some hundred bytes, and never its data.
        Assert.InRange(allocated, 0, count * 400L + (1 << 20));
    }

    [Fact]
    public void Two_thousand_pods_as_kubectl_prints_them_are_all_read()
    {
        var yaml = new StringBuilder("apiVersion: v1\nitems:\n");
        for (int pod = 0; pod < 2000; pod++) yaml.Append(CultureInfo.InvariantCulture, $$"""
            - apiVersion: v1
              kind: Pod
              metadata:
                labels: {app: "web-{{pod / 10}}"}
                managedFields:
                - fieldsV1:
                    f:spec:
                      f:containers:
                        k:{"name":"web"}:
                          .: {}
                          f:image: {}
                name: web-{{pod}}
                namespace: shop
              spec: {containers: [{name: web, ports: [{containerPort: 8080}]}]}
              status: {phase: Running, podIP: 10.1.{{pod / 250}}.{{pod % 250}}}

            """);
        ClusterSnapshot snapshot = ManifestReader.ReadText(yaml.Append("kind: List\n").ToString(), "pods.yaml");
        Assert.Equal(2000, snapshot.Pods.Length);
        Assert.Equal(("web-1999", "10.1.7.249"), (snapshot.Pods[^1].Name, snapshot.Pods[^1].Addresses[0].ToString()));
        Assert.Empty(snapshot.Findings);
    }

    /// <summary>A long file that never lies in memory.</summary>
    private sealed class RepeatingStream(byte[] head, byte[] item, int count, byte[] tail) : Stream
    {
        private byte[] _part = head;
        private int _position;
        private int _left = count;
        private bool _isTail;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int length)
        {
            if (_position == _part.Length)
            {
                if (_isTail) return 0;

                _isTail = _left == 0;
                _part = _left-- > 0 ? item : tail;
                _position = 0;
            }

            int read = Math.Min(length, _part.Length - _position);
            _part.AsSpan(_position, read).CopyTo(buffer.AsSpan(offset));
            _position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int length) => throw new NotSupportedException();
    }
}
