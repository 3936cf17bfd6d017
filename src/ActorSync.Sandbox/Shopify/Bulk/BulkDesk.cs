using System.Text.Json;
using ActorSync.Sandbox.Shopify.GraphQl;
using ActorSync.Sandbox.Shopify.Writes;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>
/// The bulk operations of one app at one shop: what runs, what became of it, and the rules for starting and cancelling. Operations and their files lie in
/// the data folder; one that ran when the process ended is FAILED when it starts again.
/// </summary>
public sealed class BulkDesk : IDisposable
{
    public const int MostRunning = 5;

    /// <summary>Ended operations beyond this are forgotten with their results, the oldest first.</summary>
    public const int MostKept = 200;

    private readonly Lock gate = new();
    private readonly Dictionary<long, BulkOperation> operations = [];
    private readonly HashSet<long> cancelAsked = [];
    private readonly BulkStorage storage;
    private readonly TimeProvider clock;
    private CancellationTokenSource stopping = new();

    public BulkDesk(BulkStorage storage, TimeProvider clock)
    {
        this.storage = storage;
        this.clock = clock;
        foreach (var text in storage.Records())
        {
            var operation = JsonSerializer.Deserialize<BulkOperation>(text)!;
            operations[operation.Id] = operation;
            if (!operation.IsOver)
            {
                Put(operation with { Status = BulkOperation.Failed, ErrorCode = "INTERNAL_SERVER_ERROR", CompletedAt = clock.GetUtcNow() });
            }
        }
    }

    public BulkStorage Storage => storage;

    public BulkLevers Levers => storage.Levers;

    /// <summary>Runs what was accepted with the engine of the version that it came by; set once the engines exist.</summary>
    public Func<GraphQlEngine, BulkOperation, string?, CancellationToken, Task>? Run { get; set; }

    public BulkOperation? Find(long? id)
    {
        lock (gate)
        {
            return id is { } known ? operations.GetValueOrDefault(known) : null;
        }
    }

    public IReadOnlyList<BulkOperation> All()
    {
        lock (gate)
        {
            return [.. operations.Values.OrderBy(o => o.Id)];
        }
    }

    public bool IsCancelAsked(long id)
    {
        lock (gate)
        {
            return cancelAsked.Contains(id);
        }
    }

    public Payload StartQuery(RequestState request, string query, IReadOnlyList<ShopUserError> wrong)
    {
        if (wrong.Count > 0)
        {
            return new Payload(wrong) { ["bulkOperation"] = null };
        }

        return InProgress(BulkOperation.Query) is { } busy ? new Payload([busy]) { ["bulkOperation"] = null } : Begin(request, BulkOperation.Query, query, input: null);
    }

    public Payload StartMutation(RequestState request, string mutation, string path, ShopUserError? wrong)
    {
        var (input, problem) = wrong is null && InProgress(BulkOperation.Mutation) is null ? storage.Input(path) : (null, null);
        return (wrong ?? InProgress(BulkOperation.Mutation) ?? problem) is { } error
            ? new Payload([error]) { ["bulkOperation"] = null }
            : Begin(request, BulkOperation.Mutation, mutation, input);
    }

    public Payload Cancel(long? id)
    {
        lock (gate)
        {
            if (id is not { } known || !operations.TryGetValue(known, out var operation))
            {
                return new Payload([new ShopUserError(["id"], "Bulk operation does not exist")]) { ["bulkOperation"] = null };
            }

            if (operation.IsOver)
            {
                return new Payload([new ShopUserError(Field: null, $"A bulk operation cannot be canceled when it is {operation.Status.ToLowerInvariant()}")]) { ["bulkOperation"] = operation };
            }

            cancelAsked.Add(known);
            operations[known] = operation with { Status = BulkOperation.Canceling };
            return new Payload([]) { ["bulkOperation"] = operations[known] };
        }
    }

    /// <summary>Stores a step of a running operation; a cancellation asked for meanwhile keeps its status.</summary>
    public BulkOperation Put(BulkOperation operation)
    {
        lock (gate)
        {
            var kept = !operation.IsOver && cancelAsked.Contains(operation.Id) ? operation with { Status = BulkOperation.Canceling } : operation;
            operations[kept.Id] = kept;
            if (kept.IsOver)
            {
                cancelAsked.Remove(kept.Id);
                Forget();
            }

            storage.Keep(kept.Id, JsonSerializer.Serialize(kept));
            return kept;
        }
    }

    public void Clear()
    {
        stopping.Cancel();
        stopping.Dispose();
        stopping = new CancellationTokenSource();
        lock (gate)
        {
            operations.Clear();
            cancelAsked.Clear();
        }

        Levers.Clear();
        storage.Clear();
    }

    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    private Payload Begin(RequestState request, string type, string document, string? input)
    {
        var now = clock.GetUtcNow();
        var operation = Put(new BulkOperation { Id = request.Shop.NewId(), Type = type, Document = document, CreatedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)) });
        var token = stopping.Token;
        _ = Task.Run(() => Run!(request.Engine, operation, input, token), CancellationToken.None);
        return new Payload([]) { ["bulkOperation"] = operation };
    }

    private ShopUserError? InProgress(string type)
    {
        lock (gate)
        {
            var running = operations.Values.Where(o => o.Type == type && !o.IsOver).OrderBy(o => o.Id).ToList();
            return running.Count < MostRunning ? null : new ShopUserError(
                Field: null,
                $"A bulk {type.ToLowerInvariant()} operation for this app and shop is already in progress: {string.Join(", ", running.Select(o => Gid.Of("BulkOperation", o.Id)))}.",
                "OPERATION_IN_PROGRESS");
        }
    }

    private void Forget()
    {
        foreach (var old in operations.Values.Where(o => o.IsOver).OrderByDescending(o => o.Id).Skip(MostKept).ToList())
        {
            operations.Remove(old.Id);
            storage.Forget(old.Id);
        }
    }
}
