using System.Globalization;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.Shopify.GraphQl;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>Works operations off, a tick at a time, and lets happen to them what the levers say.</summary>
public sealed class BulkRunner(BulkDesk desk, GraphQlEngine engine, ChannelStats stats, Action<string, string, JsonObject> announce, SandboxRandom random, TimeProvider clock)
{
    private const int TicksBeforeLateEnd = 3;

    private BulkLevers Levers => desk.Levers;

    public async Task RunAsync(BulkOperation operation, string? input, CancellationToken cancellationToken)
    {
        var fate = Fate.Take(Levers);
        try
        {
            await Task.Delay(Levers.Tick, clock, cancellationToken);
            await using var lines = new ShuffledLines(desk.Storage.CreateResult(operation.Id), random);
            var running = desk.Put(operation with { Status = BulkOperation.Running });
            var (ended, end) = input is null ? await QueryAsync(running, lines, fate, cancellationToken) : await MutateAsync(running, input, lines, fate, cancellationToken);
            await lines.FlushAsync();
            await EndAsync(ended, end, lines.Written, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The shop was reset or the process ends.
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException)
        {
            desk.Put(operation with { Status = BulkOperation.Failed, ErrorCode = "INTERNAL_SERVER_ERROR", CompletedAt = Now() });
        }
    }

    private async Task<(BulkOperation Operation, End End)> QueryAsync(BulkOperation operation, ShuffledLines lines, Fate fate, CancellationToken cancellationToken)
    {
        string? after = null;
        while (true)
        {
            if (desk.IsCancelAsked(operation.Id))
            {
                return (operation, End.Canceled);
            }

            var slice = await engine.ReadSliceAsync(operation.Document, after, fate.Rows(Levers.RowsPerTick), cancellationToken);
            if (slice.Problem is not null)
            {
                return (operation, End.Failed);
            }

            foreach (var line in slice.Lines.Where(_ => !Levers.Take("loseLines")))
            {
                await lines.AddAsync(line);
            }

            operation = desk.Put(operation with { ObjectCount = operation.ObjectCount + slice.Lines.Count, RootObjectCount = operation.RootObjectCount + slice.Roots });
            after = slice.Next;
            if (await fate.ComeAsync(() => IsHeldAsync(operation.Id, cancellationToken)) is { } end)
            {
                return (operation, end);
            }

            if (after is null)
            {
                return (operation, End.Completed);
            }

            await Task.Delay(Levers.Tick, clock, cancellationToken);
        }
    }

    private async Task<(BulkOperation Operation, End End)> MutateAsync(
        BulkOperation operation, string input, ShuffledLines lines, Fate fate, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(input);
        var number = 0L;
        while (true)
        {
            var left = fate.Rows(Levers.RowsPerTick);
            string? line = null;
            while (left-- > 0 && !desk.IsCancelAsked(operation.Id) && (line = await reader.ReadLineAsync(cancellationToken)) is not null)
            {
                if (line.Length > 0)
                {
                    await OneAsync(operation, line, number, lines, cancellationToken);
                }

                number++;
            }

            operation = desk.Put(operation with { ObjectCount = number, RootObjectCount = number });
            if (await fate.ComeAsync(() => IsHeldAsync(operation.Id, cancellationToken)) is { } end)
            {
                return (operation, end);
            }

            if (desk.IsCancelAsked(operation.Id))
            {
                return (operation, End.Canceled);
            }

            if (line is null)
            {
                return (operation, End.Completed);
            }

            await Task.Delay(Levers.Tick, clock, cancellationToken);
        }
    }

    private async Task OneAsync(BulkOperation operation, string line, long number, ShuffledLines lines, CancellationToken cancellationToken)
    {
        var result = Levers.Take("errorLines")
            ? GraphQlEngine.Refused([new JsonObject { ["message"] = "Internal error. Looks like something went wrong on our end.", ["extensions"] = new JsonObject { ["code"] = "INTERNAL_SERVER_ERROR" } }], number)
            : await engine.RunLineAsync(operation.Document, line, number, cancellationToken);
        stats.CountWrites(result.Writes);
        if (!Levers.Take("loseLines"))
        {
            await lines.AddAsync(result.Text);
        }
    }

    /// <summary>A hung operation stands still until someone cancels it.</summary>
    private async Task IsHeldAsync(long id, CancellationToken cancellationToken)
    {
        while (!desk.IsCancelAsked(id))
        {
            await Task.Delay(Levers.Tick, clock, cancellationToken);
        }
    }

    private async Task EndAsync(BulkOperation operation, End end, long bytes, CancellationToken cancellationToken)
    {
        var over = operation with
        {
            Status = end switch { End.Completed => BulkOperation.Completed, End.Failed => BulkOperation.Failed, End.Expired => BulkOperation.Expired, _ => BulkOperation.Canceled },
            ErrorCode = end == End.Failed ? "INTERNAL_SERVER_ERROR" : null,
            CompletedAt = Now(),
            FileSize = bytes > 0 ? bytes : null,
            ResultUntil = clock.GetUtcNow() + Levers.ResultLife,
        };
        var finish = Levers.Finish;
        if (finish == BulkLevers.FinishEarly)
        {
            Announce(over, 1);
            await Task.Delay(Levers.Tick * TicksBeforeLateEnd, clock, cancellationToken);
        }

        desk.Put(over);
        if (finish is BulkLevers.FinishOnce or BulkLevers.FinishTwice)
        {
            Announce(over, finish == BulkLevers.FinishTwice ? 2 : 1);
        }
    }

    private void Announce(BulkOperation operation, int times)
    {
        for (var time = 0; time < times; time++)
        {
            announce("BULK_OPERATIONS_FINISH", string.Create(CultureInfo.InvariantCulture, $"bulk{operation.Id}-{time}"), WebhookBody.Finished(operation));
        }
    }

    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
    }

    private enum End
    {
        Completed,
        Failed,
        Canceled,
        Expired,
    }

    /// <summary>What is going to happen to one operation: it does half a tick's work, and then this.</summary>
    private sealed class Fate(End? end, bool hangs)
    {
        public static Fate Take(BulkLevers levers) =>
            levers.Take("hangNext") ? new Fate(End.Canceled, hangs: true)
            : levers.Take("failNext") ? new Fate(End.Failed, hangs: false)
            : levers.Take("cancelNext") ? new Fate(End.Canceled, hangs: false)
            : levers.Take("expireNext") ? new Fate(End.Expired, hangs: false)
            : new Fate(end: null, hangs: false);

        public int Rows(int perTick) => end is null ? perTick : Math.Max(1, perTick / 2);

        public async Task<End?> ComeAsync(Func<Task> hold)
        {
            if (hangs)
            {
                await hold();
            }

            return end;
        }
    }
}
