using ActorSync.Storage.Groups;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Tests;

/// <summary>How groups are put together, without a database.</summary>
public sealed class GroupWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly StorageMetrics metrics = new();

    public void Dispose() => metrics.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Groups_RespectRowsAndBytes_AndALargerOneGoesAlone()
    {
        var script = new Script();
        await using var writer = new GroupWriter<Item>("test", new GroupLimits(100, Rows: 3, Bytes: 1_000), metrics, NullLogger.Instance, script.WriteAsync);
        await script.BlockAsync(writer, Token);
        foreach (var (name, bytes) in new[] { ("a", 10), ("b", 10), ("c", 10), ("d", 10), ("big", 5_000), ("e", 600), ("f", 600) })
        {
            await writer.EnqueueAsync(new Item(name, bytes), Token);
        }

        script.Release();
        await script.AllWritten(8).WaitAsync(Patience, Token);

        Assert.Equal(["first", "a b c", "d", "big", "e", "f"], script.Groups);
    }

    [Fact]
    public async Task Groups_NeverHoldOneIdentityTwice_AndKeepItsOrder()
    {
        var script = new Script();
        await using var writer = new GroupWriter<Item>("test", new GroupLimits(100, Rows: 10, Bytes: 1_000), metrics, NullLogger.Instance, script.WriteAsync);
        await script.BlockAsync(writer, Token);
        foreach (var name in new[] { "x1", "y1", "x2", "x3", "z1", "y2" })
        {
            await writer.EnqueueAsync(new Item(name, 1, name[..1]), Token);
        }

        script.Release();
        await script.AllWritten(7).WaitAsync(Patience, Token);

        Assert.Equal(["first", "x1 y1 z1", "x2 y2", "x3"], script.Groups);
    }

    [Fact]
    public async Task FullQueue_MakesCallersWait_AndRefusesThoseWhoDoNot()
    {
        var script = new Script();
        await using var writer = new GroupWriter<Item>("test", new GroupLimits(Queue: 2, Rows: 10, Bytes: 1_000), metrics, NullLogger.Instance, script.WriteAsync);
        await script.BlockAsync(writer, Token);
        await writer.EnqueueAsync(new Item("a", 1), Token);
        await writer.EnqueueAsync(new Item("b", 1), Token);

        var third = writer.EnqueueAsync(new Item("c", 1), Token).AsTask();

        Assert.False(writer.TryEnqueue(new Item("d", 1)));
        Assert.False(third.IsCompleted);
        script.Release();
        await third.WaitAsync(Patience, Token);
        await script.AllWritten(4).WaitAsync(Patience, Token);
    }

    [Fact]
    public async Task FullQueue_IsNotReady_AndSaysWhichQueueWithLengthAndLimit()
    {
        var script = new Script();
        var health = new StorageHealthCheck(null!, metrics, Options.Create(new StorageOptions()));
        await using var writer = new GroupWriter<Item>("test", new GroupLimits(Queue: 2, Rows: 10, Bytes: 1_000), metrics, NullLogger.Instance, script.WriteAsync);
        await script.BlockAsync(writer, Token);
        await writer.EnqueueAsync(new Item("a", 1), Token);
        Assert.True(health.CheckQueues().IsReady);

        await writer.EnqueueAsync(new Item("b", 1), Token);

        Assert.Equal(new StorageHealth(false, "The queue of the writer 'test' is full: 2 writes wait, the limit is 2."), health.CheckQueues());
        script.Release();
        await script.AllWritten(3).WaitAsync(Patience, Token);
        Assert.True(health.CheckQueues().IsReady);
    }

    [Fact]
    public async Task GroupThatThrows_FailsItsWrites_AndTheNextOneGoesOn()
    {
        var script = new Script { Fail = "bad" };
        await using var writer = new GroupWriter<Item>("test", new GroupLimits(10, 10, 1_000), metrics, NullLogger.Instance, script.WriteAsync);
        var bad = new Item("bad", 1);
        await writer.EnqueueAsync(bad, Token);
        var failure = await bad.Failed.WaitAsync(Patience, Token);
        await writer.EnqueueAsync(new Item("good", 1), Token);
        await script.AllWritten(1).WaitAsync(Patience, Token);

        Assert.IsType<StorageUnavailableException>(failure);
        Assert.Equal(["good"], script.Groups);
    }

    private sealed class Script
    {
        private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock gate = new();
        private readonly List<(int Count, TaskCompletionSource Task)> waiting = [];
        private int written;

        public List<string> Groups { get; } = [];

        public string? Fail { get; init; }

        public async Task WriteAsync(List<Item> group)
        {
            if (group.Exists(item => item.Name == Fail))
            {
                throw new InvalidOperationException("as told");
            }

            if (group.Exists(item => item.Name == "first"))
            {
                entered.TrySetResult();
                await released.Task;
            }

            lock (gate)
            {
                Groups.Add(string.Join(' ', group.Select(item => item.Name)));
                written += group.Count;
                foreach (var (count, task) in waiting)
                {
                    if (written >= count)
                    {
                        task.TrySetResult();
                    }
                }
            }
        }

        /// <summary>Holds the writer inside its first group, so that what follows gathers.</summary>
        public async Task BlockAsync(GroupWriter<Item> writer, CancellationToken token)
        {
            await writer.EnqueueAsync(new Item("first", 1), token);
            await entered.Task.WaitAsync(Patience, token);
        }

        public void Release() => released.TrySetResult();

        public Task AllWritten(int count)
        {
            lock (gate)
            {
                var task = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (written >= count)
                {
                    task.SetResult();
                }

                waiting.Add((count, task));
                return task.Task;
            }
        }
    }

    private sealed class Item(string name, int bytes, string? identity = null) : PendingWrite
    {
        private readonly TaskCompletionSource<Exception> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => name;
        public Task<Exception> Failed => failed.Task;
        public override int Rows => 1;
        public override int Bytes => bytes;
        public override string Identity => identity ?? name;
        public override void Fail(Exception exception) => failed.TrySetResult(exception);
    }
}
