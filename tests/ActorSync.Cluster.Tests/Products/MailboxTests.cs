using System.Collections.Immutable;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Products;
using ActorSync.Grains.Products;

namespace ActorSync.Cluster.Tests.Products;

public sealed class MailboxTests
{
    [Fact]
    public async Task Enqueue_WhileATurnRuns_GathersTheNextTurnInOrder()
    {
        var turns = new List<ImmutableArray<int>>();
        var gate = new TaskCompletionSource();
        var mailbox = new Mailbox<int>(capacity: 100, turnSize: 4, async batch =>
        {
            turns.Add(batch);
            await gate.Task;
        });

        await mailbox.EnqueueAsync(0);
        await Eventually.HoldsAsync(() => turns.Count == 1, "the first turn begins");
        for (var i = 1; i <= 9; i++)
        {
            await mailbox.EnqueueAsync(i);
        }

        gate.SetResult();
        await mailbox.Drained;

        Assert.Equal([[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]], turns.Select(turn => turn.ToArray()));
    }

    [Fact]
    public async Task Enqueue_BeyondTheCapacity_WaitsAndLosesNothing()
    {
        var handled = new List<int>();
        var gate = new TaskCompletionSource();
        var mailbox = new Mailbox<int>(capacity: 2, turnSize: 1, async batch =>
        {
            await gate.Task;
            handled.AddRange(batch);
        });

        await mailbox.EnqueueAsync(0);
        await Eventually.HoldsAsync(() => mailbox.Count == 0, "the first turn takes its item");
        var waiting = Enumerable.Range(1, 5).Select(i => mailbox.EnqueueAsync(i).AsTask()).ToList();
        Assert.Equal(2, waiting.Count(task => task.IsCompleted));

        gate.SetResult();
        await Task.WhenAll(waiting);
        await Eventually.HoldsAsync(() => handled.Count == 6, "all are handled");

        Assert.Equal([0, 1, 2, 3, 4, 5], handled);
    }

    [Fact]
    public async Task Edit_ThousandAtOnce_FewCommitsAndAllAnswered()
    {
        var store = new StoreDouble();
        await using var hub = await TestHub.StartAsync(configure: store.Register);
        var product = hub.Product(new ProductId("hot"));
        await product.EditAsync(Edits.Of(Fields.Name, "start", create: true));
        var before = store.Commits;

        var replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => product.EditAsync(Edits.Of(Fields.Name, $"name {i}"))));

        var commits = store.Commits - before;
        Assert.All(replies, reply => Assert.True(reply.Found));
        Assert.InRange(commits, 4, 100);
        var state = (await hub.SnapshotAsync(new ProductId("hot"))).Product;
        Assert.Equal(1 + commits, state.Version);
        Assert.StartsWith("name ", state.Value(Fields.Name)?.Text);
        var stored = await hub.Store.LoadAsync(new ProductId("hot"), TestContext.Current.CancellationToken);
        Assert.Equal(state.Version, stored!.Product.Version);
        Assert.Equal(state.Value(Fields.Name), stored.Product.Value(Fields.Name));
    }
}
