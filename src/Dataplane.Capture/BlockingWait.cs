using System.Runtime.CompilerServices;

namespace Dataplane.Capture;

/// <summary>Blocks one thread until a <see cref="ValueTask{T}"/> is done, without making a task of it.</summary>
internal sealed class BlockingWait
{
    private readonly object _gate = new();
    private readonly Action _wake;
    private bool _done;

    public BlockingWait() => _wake = Wake;

    public T For<T>(ValueTask<T> pending)
    {
        ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter awaiter = pending.ConfigureAwait(false).GetAwaiter();
        if (!awaiter.IsCompleted)
        {
            _done = false;
            awaiter.UnsafeOnCompleted(_wake);
            lock (_gate)
            {
                while (!_done) Monitor.Wait(_gate);
            }
        }

        return awaiter.GetResult();
    }

    private void Wake()
    {
        lock (_gate)
        {
            _done = true;
            Monitor.Pulse(_gate);
        }
    }
}
