using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Channels;

/// <summary>Drift scans: read a channel again, repair what webhooks did not tell, and say how far hub and channel are verified equal.</summary>
internal static class DriftEndpoints
{
    private const string Body = """{ "productId": null, "dryRun": true }""";

    public static void Map(RouteGroupBuilder api)
    {
        var scans = api.MapGroup("/api/channels/{id}/reconcile").WithTags("Channels");
        scans.MapPost("", Start).WithSummary("Checks the channel, or one product, for drift and repairs it by the rules of merging; dryRun only reports. On leftover budget.")
            .RequireAuthorization(Roles.Operator).WithBody(Body);
        scans.MapGet("", Status).WithSummary("Last, running and next drift scan, share of fields verified equal, oldest check, webhook loss rate, and what a scan would cost now.");
        scans.MapGet("/{jobId}", Job).WithSummary("Progress and report of one drift scan.");
        scans.MapDelete("", Cancel).WithSummary("Stops the scan of the channel after the page under way.").RequireAuthorization(Roles.Operator);
        api.MapPost("/api/conflicts/detect", Detect).WithTags("Conflicts").WithSummary("Checks every channel for drift; the first scan's address is in Location.")
            .RequireAuthorization(Roles.Operator).WithBody(Body);
    }

    private static async Task<Results<Accepted<StartedScan>, Problem>> Start(string id, Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var (request, wrong) = await ReadAsync(caller, body, catalogue);
        if (wrong is not null)
        {
            return (Problem)wrong;
        }

        var started = await StartAsync(catalogue, channel.Id, request!);
        return TypedResults.Accepted(started.StatusUrl, started);
    }

    private static async Task<Results<Accepted<ListAnswer<StartedScan>>, Problem>> Detect(Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var (request, wrong) = await ReadAsync(caller, body, catalogue);
        if (wrong is not null)
        {
            return (Problem)wrong;
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        if (settings.Channels.IsEmpty)
        {
            return (Problem)new ApiError(ErrorKind.NotFound, "no-such-channel", "There is no channel to check. POST /api/channels connects one.");
        }

        var started = await Task.WhenAll(settings.Channels.Select(channel => StartAsync(catalogue, channel.Id, request!)));
        return TypedResults.Accepted(started[0].StatusUrl, new ListAnswer<StartedScan>(started, null));
    }

    private static async Task<(DriftScanRequest? Request, ApiError? Wrong)> ReadAsync(Caller caller, JsonBody body, Catalogue catalogue)
    {
        var reader = body.Reader();
        var product = reader.Text("productId");
        var dryRun = reader.Flag("dryRun") ?? false;
        if (reader.Finish() is { } wrong)
        {
            return (null, wrong);
        }

        return product is not null && await catalogue.FindAsync(caller, product) is null
            ? (null, ApiError.NoProduct(product))
            : (new DriftScanRequest { Product = product is null ? null : new ProductId(product), DryRun = dryRun, Reason = $"Asked for by {caller.Actor}." }, null);
    }

    private static async Task<StartedScan> StartAsync(Catalogue catalogue, ChannelId channel, DriftScanRequest request)
    {
        var scan = await catalogue.DriftScan(channel).StartAsync(request);
        return new StartedScan(channel.Value, scan.Id, $"/api/channels/{channel}/reconcile/{scan.Id}", DriftScanView.Of(scan)!);
    }

    private static async Task<Results<Ok<DriftView>, Problem>> Status(string id, Caller caller, Catalogue catalogue, TimeProvider clock, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
            ? TypedResults.Ok(DriftView.Of(await catalogue.DriftScan(channel.Id).GetStatusAsync(), clock.GetUtcNow()))
            : (Problem)ApiError.NoChannel(id);

    private static async Task<Results<Ok<DriftScanView>, Problem>> Job(string id, string jobId, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel ? (Problem)ApiError.NoChannel(id)
            : await catalogue.DriftScan(channel.Id).GetAsync(jobId) is { } scan ? TypedResults.Ok(DriftScanView.Of(scan)!)
            : (Problem)new ApiError(ErrorKind.NotFound, "no-such-job", $"There is no drift scan '{jobId}' of channel '{id}' any more; the last ones are kept.");

    private static async Task<Results<Ok<DriftScanView>, Problem>> Cancel(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel ? (Problem)ApiError.NoChannel(id)
            : await catalogue.DriftScan(channel.Id).CancelAsync() is { } scan ? TypedResults.Ok(DriftScanView.Of(scan)!)
            : (Problem)new ApiError(ErrorKind.NotFound, "no-such-job", $"Channel '{id}' was never checked.");
}
