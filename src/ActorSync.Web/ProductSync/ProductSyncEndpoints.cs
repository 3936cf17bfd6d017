using ActorSync.Web.Channels;
using ActorSync.Web.Conflicts;
using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.ProductSync;

/// <summary>The surface of the replaced bi-directional product sync (S3): whole clients, ownership and conflicts. Single products are in the partner file.</summary>
internal static partial class ProductSyncEndpoints
{
    private static readonly TimeSpan MetricsSpan = TimeSpan.FromHours(24);

    public static void Map(RouteGroupBuilder api)
    {
        var sync = api.MapGroup("/api/integrations/product-sync").WithTags("Product sync").WithMetadata(new EnvelopeAttribute());
        sync.MapGet("/status/{clientId}", Status).WithSummary("Counts products by sync status.")
            .WithAnswer("""{ "success": true, "data": { "total": 150, "synced": 145, "pending": 3, "conflict": 1, "error": 1, "lastSyncAt": "2026-11-22T18:00:00Z" } }""");
        sync.MapGet("/metrics", Metrics).WithSummary("Pushes of the last 24 hours by operation and status; per channel what waits, what was verified equal, and how many webhooks get lost.");
        sync.MapGet("/field-ownership", Ownership).WithSummary("Which class owns each field, with your custom rules.");
        sync.MapPut("/field-ownership/{clientId}", PutOwnership).WithSummary("Replaces your custom rules: field to commerce, ops or shared.").RequireAuthorization(Roles.Admin)
            .WithBody("""{ "customRules": { "price": "ops" } }""");
        sync.MapGet("/conflicts/{clientId}", ListConflicts).WithSummary("Open conflicts, newest first.");
        sync.MapPost("/conflicts/{productId}/resolve", Resolve).WithSummary("Closes all open conflicts of a product.").RequireAuthorization(Roles.Operator)
            .WithBody("""{ "resolution": "merge", "mergeData": { "name": "Merged name", "price": 29.99 } }""");
        sync.MapPost("/create", Create).WithSummary("Creates a product and lets it reach the channels.").RequireAuthorization(Roles.Operator)
            .WithProductBody("""{ "clientId": "default", "name": "New Product", "sku": "PROD-001", "price": 19.99, "quantity": 100, "channelIds": ["shopify-demo"] }""");
        sync.MapPost("/client/{clientId}/full-sync", FullSync).WithSummary("Reads every channel completely again; differences are merged and pushed.").RequireAuthorization(Roles.Operator);
        MapProduct(sync);
    }

    private static async Task<Results<Ok<Envelope<SyncCounts>>, Problem>> Status(string clientId, Caller caller, IProductQueries queries, CancellationToken cancellationToken) =>
        caller.Is(clientId) ? Envelope.Ok(await queries.CountBySyncStatusAsync(caller.Tenant, cancellationToken)) : (Problem)ApiError.NoClient(clientId);

    private static async Task<Ok<Envelope<SyncMetrics>>> Metrics(Caller caller, Catalogue catalogue, IProductQueries queries, TimeProvider clock, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var channels = await Task.WhenAll(settings.Channels.Select(async c =>
        {
            var health = catalogue.Store(c.Id).GetHealthAsync();
            return ChannelMetrics.Of(await health, DriftView.Of(await catalogue.DriftScan(c.Id).GetStatusAsync(), clock.GetUtcNow()));
        }));
        var attempts = await queries.CountAttemptsAsync(caller.Tenant, clock.GetUtcNow() - MetricsSpan, cancellationToken);
        long Of(string status) => attempts.Where(a => a.Status == status).Sum(a => a.Count);
        return Envelope.Ok(new SyncMetrics(
            channels.Sum(c => (long)c.Waiting), Of("processing"), Of("completed"), Of("failed"), Of("skipped"),
            [.. attempts.Select(a => new OperationCount(a.Operation, a.Status, a.Count))],
            channels));
    }

    private static async Task<Ok<Envelope<OwnershipRules>>> Ownership(Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        Envelope.Ok(OwnershipRules.Of((await catalogue.SettingsAsync(caller, cancellationToken)).Policy));

    private static async Task<Results<Ok<Envelope<OwnershipRules>>, Problem>> PutOwnership(
        string clientId, Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (!caller.Is(clientId))
        {
            return (Problem)ApiError.NoClient(clientId);
        }

        var reader = body.Reader();
        var custom = ReadRules(reader);
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        var settings = await catalogue.SetPolicyAsync(caller, policy => policy with { ClassOverrides = custom }, cancellationToken);
        return Envelope.Ok(OwnershipRules.Of(settings.Policy));
    }

    private static ImmutableDictionary<string, OwnerClass> ReadRules(BodyReader reader)
    {
        var custom = ImmutableDictionary.CreateBuilder<string, OwnerClass>(StringComparer.Ordinal);
        if (reader.Inner("customRules") is not { } rules)
        {
            reader.Fail("customRules", "customRules is missing; give { \"customRules\": { \"price\": \"ops\" } }, or {} for none.");
            return custom.ToImmutable();
        }

        foreach (var (name, _) in rules.Rest.ToList())
        {
            var field = Fields.Find(name);
            var word = rules.Choice(name, required: true, "commerce", "ops", "shared");
            if (field is { Class: OwnerClass.Stock })
            {
                rules.Fail(name, $"{name} is stock: who says how much there is is set by stockOrigin, not by a class.");
            }
            else if (field is null || field.IsStructure)
            {
                rules.Fail(name, $"'{name}' is not a field{FieldHint.Of(name)}.");
            }
            else if (word is not null)
            {
                custom[field.Name] = Enum.Parse<OwnerClass>(word, ignoreCase: true);
            }
        }

        return custom.ToImmutable();
    }

    private static async Task<Results<Ok<Envelope<ListAnswer<ConflictView>>>, Problem>> ListConflicts(
        string clientId, Caller caller, IProductQueries queries, CancellationToken cancellationToken, string? cursor = null, int? limit = null)
    {
        if (Lists.CheckLimit(limit, out var size) is { } wrong)
        {
            return (Problem)wrong;
        }

        if (!caller.Is(clientId))
        {
            return (Problem)ApiError.NoClient(clientId);
        }

        var page = await queries.ConflictsAsync(caller.Tenant, null, ConflictState.Open, cursor, size, cancellationToken);
        return Envelope.Ok(new ListAnswer<ConflictView>([.. page.Items.Select(ConflictView.Of)], page.NextCursor));
    }

    private static async Task<Results<Ok<Envelope<EditAnswer>>, Problem>> Resolve(
        string productId, Caller caller, JsonBody body, ConflictBook book, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (await catalogue.FindAsync(caller, productId) is not { } snapshot)
        {
            return (Problem)ApiError.NoProduct(productId);
        }

        var reader = body.Reader();
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        if (ConflictBook.ReadResolution(reader, snapshot, settings, caller.Actor, null) is not { } resolution)
        {
            return (Problem)reader.Problem()!;
        }

        if (!snapshot.Product.Conflicts.Any(c => c.State == ConflictState.Open))
        {
            return (Problem)new ApiError(ErrorKind.Conflict, "no-open-conflict", $"The product '{productId}' has no open conflict.");
        }

        var reply = await book.ResolveAsync(caller, snapshot.Product.Id, resolution);
        return ProductEndpoints.Taken(reply) is { } taken ? taken : Envelope.Ok(EditAnswer.Of(productId, reply, snapshot.Product));
    }

    private static async Task<Results<Created<Envelope<EditAnswer>>, Problem>> Create(Caller caller, JsonBody body, Catalogue catalogue, IIdSource ids, CancellationToken cancellationToken)
    {
        if (body.Content?.FirstOrDefault(m => Nearest.Fold(m.Key) == "clientid") is { Key: { } key, Value: { } client })
        {
            if (!caller.Is(client.ToString()))
            {
                return (Problem)ApiError.NoClient(client.ToString());
            }

            body.Content!.Remove(key);
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var write = ProductBodyReader.Read(body, null, settings, isFull: false, out var wrong);
        var (answer, problem) = await ProductEndpoints.CreateAsync(caller, write, wrong, catalogue, ids);
        return problem is null ? TypedResults.Created($"/api/products/{answer!.Id}", new Envelope<EditAnswer>(answer)) : problem;
    }

    private static async Task<Results<Accepted<Envelope<FullSyncStarted>>, Problem>> FullSync(string clientId, Caller caller, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (!caller.Is(clientId))
        {
            return (Problem)ApiError.NoClient(clientId);
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var started = await Task.WhenAll(settings.Channels.Select(async c => new StartedImport(
            c.Id.Value, (await catalogue.Import(c.Id).StartAsync($"Full sync, asked for by {caller.Actor}.")).Id, $"/api/channels/{c.Id}/import")));
        return Envelope.Accepted($"/api/integrations/product-sync/status/{clientId}", new FullSyncStarted(clientId, started));
    }
}
