using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// All products, by pages or by one bulk query, whichever is quicker. The first page is always read as a page: it tells what the others would cost. An
/// operation that fails, hangs, is refused or brings less than it says is given up, and the pages go on where the first one ended; nothing of it is used.
/// </summary>
internal sealed partial class ShopifyBulkImport(
    ShopifyClient client, ShopifySource source, ShopifyBulkRuns runs, ShopifyBulkResults results, ShopifyBulkFrom from, ILogger log)
{
    public async Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        if (ShopifyBulkCursor.Parse(cursor) is { } at)
        {
            return await GoOnAsync(at, size, cancellationToken);
        }

        var (page, first) = await source.ReadPageAsync(cursor, size, cancellationToken);
        if (cursor is not null || page is not { Fault: null, NextCursor: not null, Total: { } total, Items: [.., var last] })
        {
            return page;
        }

        var paysOff = first is not null && ShopifyBulkArithmetic.ReadInBulk(total, first);
        if (!from.Allows(total, paysOff))
        {
            return page;
        }

        LogChosen(total, first?.Points ?? 0, first?.RestorePerSecond ?? 0);
        var now = client.Clock.GetUtcNow();
        return page with { NextCursor = new ShopifyBulkCursor { After = long.Parse(last.Body.ExternalId), StartedAt = now, ProgressAt = now }.ToString() };
    }

    private Task<SourcePage> GoOnAsync(ShopifyBulkCursor at, int size, CancellationToken cancellationToken) =>
        at.Operation is null ? BeginAsync(at, cancellationToken)
        : at.Offset is null ? WatchAsync(at, cancellationToken)
        : DeliverAsync(at, at.Offset.Value, size, cancellationToken);

    private async Task<SourcePage> BeginAsync(ShopifyBulkCursor at, CancellationToken cancellationToken)
    {
        var document = ShopifyBulkQuery.Products.Value.Text;
        var (run, fault) = await runs.FindAsync(document, at.StartedAt, cancellationToken);
        if (run is null && fault is null)
        {
            (run, fault) = await runs.StartQueryAsync(document, cancellationToken);
        }

        // After a lost answer the next try finds what this one may have started.
        return fault is not null ? new SourcePage { Items = [], Fault = fault }
            : run is null ? Page(at.ToPaging())
            : Page((at with { Operation = run.Id, Objects = run.Objects, ProgressAt = client.Clock.GetUtcNow() }).ToString());
    }

    private async Task<SourcePage> WatchAsync(ShopifyBulkCursor at, CancellationToken cancellationToken)
    {
        var stepBegan = client.Clock.GetUtcNow();
        while (true)
        {
            var (run, fault) = await runs.LookAsync(at.Operation!, cancellationToken);
            if (fault is not null)
            {
                return new SourcePage { Items = [], Fault = fault };
            }

            if (run is null || run.IsLost)
            {
                return GiveUp(at, run is null ? "it is unknown" : $"{run.Status} {run.ErrorCode}".TrimEnd());
            }

            if (run.IsComplete)
            {
                // Complete without an address means that nothing matched.
                return run is { Url: null, Objects: 0 } ? Page(next: null) : Page((at with { Offset = 0 }).ToString());
            }

            var now = client.Clock.GetUtcNow();
            at = run.Objects > at.Objects ? at with { Objects = run.Objects, ProgressAt = now } : at;
            if (now - at.ProgressAt > runs.Pace.HungAfter)
            {
                await runs.CancelAsync(run, now - at.ProgressAt, cancellationToken);
                return GiveUp(at, "it hung");
            }

            if (now - stepBegan > runs.Pace.StepLimit)
            {
                return Page(at.ToString());
            }

            await Task.Delay(runs.PauseAfter(now - at.StartedAt), client.Clock, cancellationToken);
        }
    }

    private async Task<SourcePage> DeliverAsync(ShopifyBulkCursor at, long offset, int size, CancellationToken cancellationToken)
    {
        var (run, fault) = await runs.LookAsync(at.Operation!, cancellationToken);
        if (fault is not null)
        {
            return new SourcePage { Items = [], Fault = fault };
        }

        if (run is not { IsComplete: true })
        {
            return GiveUp(at, "it is not complete any more");
        }

        var (file, lost, problem) = await results.PrepareAsync(run, ShopifyBulkQuery.Products.Value.Connections, client.Clock.GetUtcNow(), cancellationToken);
        if (file is null)
        {
            return lost is not null ? new SourcePage { Items = [], Fault = lost } : GiveUp(at, problem!);
        }

        var (products, next) = await ShopifyBulkResults.ReadAsync(file, offset, size, cancellationToken);
        var fresh = products.Where(node => NumberOf(node) > at.After).ToList();
        var (pictures, broken) = await source.PicturesAsync([.. fresh.Where(HasOrder).Select(node => node.GetProperty("id").GetString()!)], cancellationToken);
        if (broken is not null)
        {
            return new SourcePage { Items = [], Fault = broken };
        }

        if (next is null)
        {
            results.Forget(run);
        }

        return new SourcePage
        {
            Items = [.. fresh.Select(node => source.Observed(InOrder(ShopifyMapper.Product(node), node, pictures), ObservationSource.Import, at.StartedAt))],
            NextCursor = next is { } place ? (at with { Offset = place }).ToString() : null,
        };
    }

    private static long NumberOf(JsonElement node) => long.Parse(ShopifyGid.Number(node.GetProperty("id").GetString()!));

    private static bool HasOrder(JsonElement node) => ShopifyMapper.Nodes(ShopifyMapper.Child(node, "media")).Skip(1).Any();

    /// <summary>Pictures come in no order, so those of a product with several are shown as they were asked for, and only if the product is still the same.</summary>
    private static ObservedProduct InOrder(ObservedProduct body, JsonElement node, IReadOnlyDictionary<string, ObservedProduct> pictures) =>
        !HasOrder(node) ? body : body with
        {
            Images = pictures.TryGetValue(body.ExternalId, out var shown) && shown.Version == body.Version ? shown.Images : null,
        };

    private SourcePage GiveUp(ShopifyBulkCursor at, string reason)
    {
        runs.Lost(at.Operation!, reason);
        return Page(at.ToPaging());
    }

    private static SourcePage Page(string? next) => new() { Items = [], NextCursor = next };

    [LoggerMessage(3113, LogLevel.Information, "{Total} products are read by a bulk query: a page costs {Points} of {Restore} points per second")]
    private partial void LogChosen(long total, double points, double restore);
}
