using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.ProductSync;

/// <summary>Syncing one product: now, queued, how far, what happened.</summary>
internal static partial class ProductSyncEndpoints
{
    private const int MaxJobs = 100;
    private const int MaxLogOffset = 10_000;

    private static void MapProduct(RouteGroupBuilder sync)
    {
        sync.MapPost("/product/{id}/sync", Sync).WithSummary("Asks for a push now: clears back-off and refusals at the channels asked. What differs goes out.")
            .RequireAuthorization(Roles.Operator).WithBody("""{ "skipPlatforms": ["woocommerce"], "fieldsToSync": ["price"] }""");
        sync.MapPost("/product/{id}/queue", Queue).WithSummary("Marks the product due at every channel; priority 1 or more is high.").RequireAuthorization(Roles.Operator)
            .WithBody("""{ "priority": 1 }""");
        sync.MapGet("/product/{id}/queue-status", QueueStatus).WithSummary("The product's pushes by state, newest first.")
            .WithAnswer("""{ "success": true, "data": { "pending": 1, "processing": 0, "completed": 10, "failed": 0, "skipped": 0, "jobs": [ { "id": "p1", "operation": "push_to_shopify", "status": "completed", "attempts": 1, "scheduledFor": "2026-11-22T18:00:00Z" } ] } }""");
        sync.MapGet("/product/{id}/logs", Logs).WithSummary("The product's history in the form of the replaced system.");
    }

    private static async Task<Results<Accepted<Envelope<SyncRequested>>, Problem>> Sync(string id, Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var skip = reader.Texts("skipPlatforms") ?? [];
        var only = reader.Texts("fieldsToSync");
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        foreach (var platform in skip.Where(p => !settings.Channels.Any(c => IsPlatform(c, p, catalogue.Directory))))
        {
            var known = settings.Channels.SelectMany(c => new[] { c.Kind, c.Id.Value }).Distinct(StringComparer.Ordinal);
            reader.Fail("skipPlatforms", $"skipPlatforms names '{platform}'; known are {string.Join(", ", known)}.");
        }

        foreach (var name in (only ?? []).Where(n => Fields.Find(n) is null))
        {
            reader.Fail("fieldsToSync", $"fieldsToSync names '{name}', which is not a field{FieldHint.Of(name)}.");
        }

        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindAsync(caller, id) is null)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var fields = (only ?? []).Select(n => Fields.Find(n)!.Name).ToHashSet(StringComparer.Ordinal);
        var product = catalogue.Product(caller.Tenant, id);
        var plans = await product.PlansAsync();
        var channels = settings.Channels
            .Where(c => !skip.Any(s => IsPlatform(c, s, catalogue.Directory)))
            .Where(c => only is null || plans.Any(p => p.Channel == c.Id && p.Delta.Any(d => fields.Contains(d.Key.Field))))
            .Select(c => c.Id).ToImmutableArray();
        if (!channels.IsEmpty)
        {
            await product.RetryAsync(channels);
            await Task.WhenAll(channels.Select(c => catalogue.Store(c).WakeAsync()));
        }

        var note = only is null ? null : "A push always carries everything that differs; fieldsToSync chose the channels where one of the fields does.";
        return Envelope.Accepted($"/api/integrations/product-sync/product/{id}/queue-status",
            new SyncRequested(id, [.. channels.Select(c => c.Value)], [.. plans.Where(p => channels.Contains(p.Channel)).Select(PlannedPush.Of)], note));
    }

    private static async Task<Results<Accepted<Envelope<SyncQueued>>, Problem>> Queue(string id, Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var priority = reader.Whole("priority", 0, 100) ?? 0;
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindAsync(caller, id) is null)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        await catalogue.Product(caller.Tenant, id).RetryAsync([]);
        if (priority >= 1)
        {
            await Task.WhenAll(settings.Channels.Select(c => catalogue.Store(c.Id).WakeAsync()));
        }

        var statusUrl = $"/api/integrations/product-sync/product/{id}/queue-status";
        return Envelope.Accepted(statusUrl, new SyncQueued(id, priority >= 1 ? "high" : "normal", [.. settings.Channels.Select(c => c.Id.Value)], statusUrl));
    }

    private static async Task<Results<Ok<Envelope<QueueState>>, Problem>> QueueStatus(string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken)
    {
        if (await catalogue.FindAsync(caller, id) is not { } snapshot)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var attempts = await queries.AttemptsAsync(snapshot.Product.Id, MaxJobs, cancellationToken);
        var plans = await catalogue.Product(caller.Tenant, id).PlansAsync();
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var flying = snapshot.Links.Where(l => l.Flight is not null || l.Bulk is not null).Select(l => l.Channel).ToHashSet();
        var waiting = plans.Where(p => !p.Delta.IsEmpty && !flying.Contains(p.Channel)).Select(p =>
        {
            var link = snapshot.Links.FirstOrDefault(l => l.Channel == p.Channel);
            var platform = settings.Channels.FirstOrDefault(c => c.Id == p.Channel)?.Kind ?? p.Channel.Value;
            return new QueueJob($"pending:{p.Channel}", $"push_to_{platform}", p.Channel.Value, "pending", link?.Attempts ?? 0,
                link?.NextAttemptAt ?? snapshot.Product.UpdatedAt, null, [.. p.Delta.Select(d => d.Key.Field).Distinct(StringComparer.Ordinal)], link?.LastError ?? p.Guard);
        }).ToList();
        int Of(string status) => attempts.Count(a => a.Status == status);
        return Envelope.Ok(new QueueState(waiting.Count, Of("processing"), Of("completed"), Of("failed"), Of("skipped"),
            [.. waiting, .. attempts.Select(a => new QueueJob(a.Id, a.Operation, a.Channel.Value, a.Status, a.Attempts, a.StartedAt, a.EndedAt, a.Fields, a.Error))]));
    }

    private static async Task<Results<Ok<Envelope<LogPage>>, Problem>> Logs(
        string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken, int? limit = null, int? offset = null)
    {
        if (Lists.CheckLimit(limit, out var size) is { } wrong)
        {
            return (Problem)wrong;
        }

        var skip = offset ?? 0;
        if (skip is < 0 or > MaxLogOffset)
        {
            return (Problem)ApiError.Invalid("offset", $"offset is {skip}; accepted is 0 to {MaxLogOffset}. GET /api/products/{id}/history pages without an end.");
        }

        if (await catalogue.FindAsync(caller, id) is null)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var lines = new List<HistoryItem>();
        string? cursor = null;
        do
        {
            var page = await queries.HistoryAsync(new ProductId(id), cursor, Math.Min(Lists.MaxLimit, skip + size - lines.Count), cancellationToken);
            lines.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null && lines.Count < skip + size);

        return Envelope.Ok(new LogPage([.. lines.Skip(skip).Take(size).Select(l => LogLine.Of(l, settings, catalogue.Directory))], size, skip, cursor is not null));
    }

    private static bool IsPlatform(ChannelSettings channel, string name, ITenantDirectory directory) =>
        channel.Kind.Equals(name, StringComparison.OrdinalIgnoreCase) || channel.Id.Value == name ||
        directory.KindOf(channel).Descriptor.PlatformName.Equals(name, StringComparison.OrdinalIgnoreCase);
}
