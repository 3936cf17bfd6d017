using System.Text.Json;
using ActorSync.Web.Errors;
using ActorSync.Web.Security;

namespace ActorSync.Web.Dashboard.Live;

/// <summary>Server-sent events: what changed, at most ten times a second, and a heartbeat. A page that reconnects loads its parts again: level, not event.</summary>
internal static class LiveEndpoint
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeastGap = TimeSpan.FromMilliseconds(100);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/events", StreamAsync).ExcludeFromDescription().RequireAuthorization(Roles.Viewer);

    private static async Task StreamAsync(HttpContext context, Caller caller, FeedHub hub, TimeProvider clock, Microsoft.Extensions.Hosting.IHostApplicationLifetime lifetime)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var listener = hub.Listen(caller.Tenant);
        if (listener is null)
        {
            await new Problem(new ApiError(ErrorKind.Throttled, "too-many-pages", "As many live pages are open as this process takes; the page refreshes without live updates.")
            {
                RetryAfter = TimeSpan.FromMinutes(1),
            }).ExecuteAsync(context);
            return;
        }

        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await response.WriteAsync("retry: 2000\nevent: hello\ndata: {}\n\n", ended.Token);
            await response.Body.FlushAsync(ended.Token);
            while (!ended.IsCancellationRequested)
            {
                var update = await listener.TakeAsync(Heartbeat, ended.Token);
                await response.WriteAsync(update is null ? ": still here\n\n" : $"event: update\ndata: {JsonSerializer.Serialize(update, JsonSerializerOptions.Web)}\n\n", ended.Token);
                await response.Body.FlushAsync(ended.Token);
                await Task.Delay(LeastGap, clock, ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the process stops: the browser comes back by itself.
        }
    }
}
