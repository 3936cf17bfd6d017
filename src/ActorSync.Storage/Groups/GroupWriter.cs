using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ActorSync.Storage.Groups;

/// <summary>One write that waits for its group.</summary>
internal abstract class PendingWrite
{
    /// <summary>Rows with a document that it brings.</summary>
    public abstract int Rows { get; }

    /// <summary>Bytes that it brings.</summary>
    public abstract int Bytes { get; }

    /// <summary>Two writes of one identity never share a group; they keep their order.</summary>
    public abstract string Identity { get; }

    /// <summary>Ends the write with an exception.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>What one group may hold.</summary>
internal sealed record GroupLimits(int Queue, int Rows, int Bytes);

/// <summary>
/// A bounded queue and the one task that empties it: takes what has gathered while the last transaction ran, hands it over as a group, and goes on. The
/// group's writer answers each write. No timer and no linger: under load groups grow by themselves, without load a write goes alone at once.
/// </summary>
internal sealed partial class GroupWriter<T> : IAsyncDisposable
    where T : PendingWrite
{
    private readonly Channel<T> queue;
    private readonly string name;
    private readonly GroupLimits limits;
    private readonly ILogger logger;
    private readonly Func<List<T>, Task> write;
    private readonly Task loop;
    // Writes that were taken from the queue but had to wait: same identity as one in the group, or too large for it. At most one group's worth.
    private readonly Queue<T> held = new();

    public GroupWriter(string name, GroupLimits limits, StorageMetrics metrics, ILogger logger, Func<List<T>, Task> write)
    {
        this.name = name;
        this.logger = logger;
        this.limits = limits;
        this.write = write;
        queue = Channel.CreateBounded<T>(new BoundedChannelOptions(limits.Queue) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        metrics.Watch(name, () => queue.Reader.Count, limits.Queue);
        loop = Task.Run(RunAsync);
    }

    /// <summary>Waits while the queue is full.</summary>
    public ValueTask EnqueueAsync(T item, CancellationToken cancellationToken) => queue.Writer.WriteAsync(item, cancellationToken);

    /// <summary>False when the queue is full.</summary>
    public bool TryEnqueue(T item) => queue.Writer.TryWrite(item);

    /// <summary>Writes what waits, then ends. Later writes throw <see cref="ChannelClosedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await loop;
    }

    private async Task RunAsync()
    {
        while (held.Count > 0 || await queue.Reader.WaitToReadAsync())
        {
            var group = Gather();
            try
            {
                await write(group);
            }
            catch (Exception exception)
            {
                // The group's writer answers what it can; whatever it let through must still reach those who wait, and the loop must live on.
                LogFailed(name, group.Count, exception.Message);
                foreach (var item in group)
                {
                    item.Fail(exception as StorageUnavailableException ?? new StorageUnavailableException($"The group was not written: {exception.Message}", exception));
                }
            }
        }
    }

    private List<T> Gather()
    {
        var group = new List<T>();
        var identities = new HashSet<string>(StringComparer.Ordinal);
        var rows = 0;
        var bytes = 0;
        // First those that waited longest. One that must wait again keeps its place before later ones of its identity.
        for (var waiting = held.Count; waiting > 0; waiting--)
        {
            Place(held.Dequeue());
        }

        while (rows < limits.Rows && bytes < limits.Bytes && held.Count < limits.Rows && queue.Reader.TryRead(out var next))
        {
            Place(next);
        }

        return group;

        void Place(T item)
        {
            var fits = group.Count == 0 || (rows + item.Rows <= limits.Rows && bytes + item.Bytes <= limits.Bytes);
            // The identity is noted in either case: a later write of it must not overtake this one.
            if (identities.Add(item.Identity) && fits)
            {
                group.Add(item);
                rows += item.Rows;
                bytes += item.Bytes;
            }
            else
            {
                held.Enqueue(item);
                if (!fits)
                {
                    rows = limits.Rows;
                }
            }
        }
    }

    [LoggerMessage(EventId = 3301, Level = LogLevel.Warning, Message = "A group of {Count} at {Writer} failed, those who wait are told that the outcome is unknown: {Reason}")]
    private partial void LogFailed(string writer, int count, string reason);
}
