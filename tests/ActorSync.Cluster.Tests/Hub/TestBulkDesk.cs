using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Cluster.Tests.Hub;

/// <summary>Operations for many products of an in-memory shop: each waits until the test lets it go on, line by line if it likes. Thread-safe.</summary>
public sealed class TestBulkDesk(TestShop shop, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly List<Operation> operations = [];
    private int readings;

    /// <summary>Operations stand still until it is cleared.</summary>
    public bool IsHeld { get; set; }

    /// <summary>So many lines of each result are not there, though they ran.</summary>
    public int LosesLines { get; set; }

    /// <summary>Runs after the reading was made and before it is answered.</summary>
    public Func<Task>? AfterReading { get; set; }

    public int Readings => Volatile.Read(ref readings);

    public int Started
    {
        get
        {
            lock (gate)
            {
                return operations.Count;
            }
        }
    }

    public int Cancelled
    {
        get
        {
            lock (gate)
            {
                return operations.Count(operation => operation.IsCancelled);
            }
        }
    }

    /// <summary>Products that operations carried, as often as they did.</summary>
    public int Lines
    {
        get
        {
            lock (gate)
            {
                return operations.Sum(operation => operation.Items.Length);
            }
        }
    }

    public async Task<SourcePage> ReadAsync(ImmutableArray<string> ids)
    {
        Interlocked.Increment(ref readings);
        var page = shop.Read(ids);
        await (AfterReading?.Invoke() ?? Task.CompletedTask);
        return page;
    }

    public BulkStart Start(int form, ImmutableArray<PushItem> items)
    {
        lock (gate)
        {
            operations.Add(new Operation(form, items, clock.GetUtcNow()));
            return new BulkStart { Operation = (operations.Count - 1).ToString() };
        }
    }

    public BulkStart Find(int form, DateTimeOffset since)
    {
        lock (gate)
        {
            var found = operations.FindLastIndex(operation => operation.Form == form && operation.StartedAt >= since);
            return new BulkStart { Operation = found < 0 ? null : found.ToString() };
        }
    }

    public BulkLook Look(string id)
    {
        lock (gate)
        {
            var operation = operations[int.Parse(id)];
            if (!IsHeld && !operation.IsCancelled)
            {
                operation.Run(shop);
            }

            return new BulkLook { IsOver = operation.IsCancelled || operation.Outcomes is not null, Done = operation.Outcomes?.Count ?? 0 };
        }
    }

    public void Cancel(string id)
    {
        lock (gate)
        {
            operations[int.Parse(id)].IsCancelled = true;
        }
    }

    public ImmutableArray<PushOutcome> Collect(string id, ImmutableArray<PushItem> items)
    {
        lock (gate)
        {
            var outcomes = operations[int.Parse(id)].Outcomes ?? [];
            return
            [
                .. items.Select((item, at) => at >= LosesLines && outcomes.TryGetValue(item.Product, out var outcome) && outcome.PushId == item.PushId ? outcome : new PushOutcome
                {
                    Product = item.Product,
                    PushId = item.PushId,
                    Result = PushResult.Unknown,
                    SentAt = clock.GetUtcNow(),
                    IsChannelFault = true,
                }),
            ];
        }
    }

    private sealed class Operation(int form, ImmutableArray<PushItem> items, DateTimeOffset startedAt)
    {
        public int Form => form;
        public ImmutableArray<PushItem> Items => items;
        public DateTimeOffset StartedAt => startedAt;
        public bool IsCancelled { get; set; }
        public Dictionary<ActorSync.Domain.Products.ProductId, PushOutcome>? Outcomes { get; private set; }

        public void Run(TestShop shop) => Outcomes ??= items.ToDictionary(item => item.Product, shop.Apply);
    }
}
