namespace ActorSync.Grains.Products;

/// <summary>
/// The queue in front of a reentrant grain. Callers enqueue and await their own result; one pump hands all that wait to <paramref name="turn"/>, in order
/// and never two turns at once. Beyond <paramref name="capacity"/> callers wait. Runs on the grain's scheduler and is not thread-safe.
/// </summary>
internal sealed class Mailbox<T>(int capacity, int turnSize, Func<ImmutableArray<T>, Task> turn)
{
    private readonly Queue<T> waiting = new();
    private readonly Queue<(T Item, TaskCompletionSource Place)> blocked = new();
    private int free = capacity;
    private Task pump = Task.CompletedTask;
    private bool isPumping;

    public int Count => waiting.Count;

    /// <summary>The end of the turn under way and of all that wait behind it.</summary>
    public Task Drained => pump;

    public async ValueTask EnqueueAsync(T item)
    {
        if (free == 0)
        {
            // The pump moves the item in when a place is free, so that order is kept.
            var place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            blocked.Enqueue((item, place));
            await place.Task;
            return;
        }

        free--;
        waiting.Enqueue(item);
        if (!isPumping)
        {
            isPumping = true;
            pump = PumpAsync();
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            // Requests that have already reached the activation run before the first turn and join it.
            await Task.Yield();
            while (waiting.Count > 0)
            {
                var batch = Take(Math.Min(turnSize, waiting.Count));
                Release(batch.Length);
                await turn(batch);
            }
        }
        finally
        {
            isPumping = false;
        }
    }

    private void Release(int places)
    {
        for (; places > 0 && blocked.TryDequeue(out var next); places--)
        {
            waiting.Enqueue(next.Item);
            next.Place.SetResult();
        }

        free += places;
    }

    private ImmutableArray<T> Take(int count)
    {
        var batch = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++)
        {
            batch.Add(waiting.Dequeue());
        }

        return batch.MoveToImmutable();
    }
}
