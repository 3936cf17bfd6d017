using ActorSync.Web.Dashboard.Live;
using ActorSync.Web.Products;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ActorSync.Web.Dashboard;

/// <summary>The pages, and the parts of them that are loaded again when something changes.</summary>
internal static class DashboardEndpoints
{
    private const int WaitingPerPage = 100;

    public static void Map(WebApplication app)
    {
        DashboardAssets.Map(app);
        LiveEndpoint.Map(app);
        var pages = app.MapGroup("").ExcludeFromDescription().RequireAuthorization(Roles.Viewer);
        pages.MapGet("/", async (Caller caller, DashboardReader reader, [AsParameters] ProductQuery query, CancellationToken cancellationToken) =>
            Page<HomePage>(nameof(HomePage.View), await reader.HomeAsync(caller, query, cancellationToken)));
        pages.MapGet("/products/{id}", async Task<IResult> (string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken) =>
            await ProductDetail.ReadAsync(id, caller, catalogue, queries, cancellationToken) is { } view
                ? Page<ProductPage>(nameof(ProductPage.View), view)
                : Missing($"There is no product {id}."));
        pages.MapGet("/overdue", async (Caller caller, DashboardReader reader, CancellationToken cancellationToken, string? cursor = null) =>
            Page<OverduePage>(nameof(OverduePage.View), await reader.OverdueAsync(caller, cursor, cancellationToken)));
        pages.MapGet("/channels/{id}/go-live", async Task<IResult> (string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
            await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
                ? new RazorComponentResult<GoLivePage>(new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    [nameof(GoLivePage.Channel)] = channel,
                    [nameof(GoLivePage.Report)] = await catalogue.GoLive(channel.Id).ReportAsync(),
                    [nameof(GoLivePage.Settings)] = await catalogue.SettingsAsync(caller, cancellationToken),
                })
                : Missing($"There is no channel {id}."));
        pages.MapGet("/channels/{id}/check", async Task<IResult> (string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
            await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
                ? new RazorComponentResult<CheckPage>(new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    [nameof(CheckPage.Channel)] = channel,
                    [nameof(CheckPage.Status)] = await catalogue.DriftScan(channel.Id).GetStatusAsync(),
                })
                : Missing($"There is no channel {id}."));
        pages.MapGet("/channels/{id}/waiting", async Task<IResult> (string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken, string? cursor = null) =>
            await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
                ? new RazorComponentResult<WaitingPage>(new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    [nameof(WaitingPage.Channel)] = channel,
                    [nameof(WaitingPage.Descriptor)] = catalogue.Directory.KindOf(channel).Descriptor,
                    [nameof(WaitingPage.Links)] = await queries.ListedLinksAsync(channel.Id, cursor, WaitingPerPage, cancellationToken),
                })
                : Missing($"There is no channel {id}."));
        MapParts(pages.MapGroup("/ui"));
        MapSession(app);
        app.MapFallback((HttpContext context) => context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? Missing($"Nothing is served at {context.Request.Path}.")
            : (IResult)new Errors.Problem(new Errors.ApiError(Errors.ErrorKind.NotFound, "no-such-path", $"Nothing is served at {context.Request.Method} {context.Request.Path}. /docs lists what is."))).AllowAnonymous();
    }

    private static void MapParts(RouteGroupBuilder ui)
    {
        ui.MapGet("/summary", async (Caller caller, DashboardReader reader, CancellationToken cancellationToken) =>
            Page<SummaryPart>(nameof(SummaryPart.View), await reader.SummaryAsync(caller, cancellationToken)));
        ui.MapGet("/channels", async (Caller caller, DashboardReader reader, CancellationToken cancellationToken) =>
            Page<ChannelsPart>(nameof(ChannelsPart.Cards), await reader.ChannelsAsync(caller, cancellationToken)));
        ui.MapGet("/products", async (Caller caller, DashboardReader reader, [AsParameters] ProductQuery query, CancellationToken cancellationToken) =>
            Page<ProductsPart>(nameof(ProductsPart.Table), await reader.ProductsAsync(caller, query, cancellationToken)));
        ui.MapGet("/changes", async (Caller caller, DashboardReader reader, CancellationToken cancellationToken) => new RazorComponentResult<ChangesPart>(
            new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(ChangesPart.View)] = await reader.ChangesAsync(caller, cancellationToken), [nameof(ChangesPart.ShowsProduct)] = true }));
        ui.MapGet("/conflicts", async (Caller caller, DashboardReader reader, CancellationToken cancellationToken) => new RazorComponentResult<ConflictsPart>(
            new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(ConflictsPart.View)] = await reader.ConflictsAsync(caller, cancellationToken), [nameof(ConflictsPart.ShowsProduct)] = true }));
        ui.MapGet("/products/{id}", async Task<IResult> (string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken) =>
            await ProductDetail.ReadAsync(id, caller, catalogue, queries, cancellationToken) is { } view
                ? Page<ProductPart>(nameof(ProductPart.View), view)
                : Results.NotFound());
    }

    private static void MapSession(WebApplication app)
    {
        var session = app.MapGroup("").ExcludeFromDescription().AllowAnonymous();
        session.MapGet("/login", (string? next) => Page<LoginPage>(nameof(LoginPage.Next), Local(next)));
        // No antiforgery token: the cookie is SameSite=Strict and the Origin is checked before the endpoint runs.
        session.MapPost("/login", async Task<IResult> (HttpContext context, [FromForm] string? key, [FromForm] string? next, IApiKeyStore keys, SessionCookie cookie, CancellationToken cancellationToken) =>
        {
            if (string.IsNullOrWhiteSpace(key) || await keys.FindAsync(key.Trim(), cancellationToken) is null)
            {
                return new RazorComponentResult<LoginPage>(new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(LoginPage.Next)] = Local(next), [nameof(LoginPage.Failed)] = true })
                {
                    StatusCode = StatusCodes.Status401Unauthorized,
                };
            }

            cookie.Write(context, key.Trim());
            return Results.LocalRedirect(Local(next));
        }).DisableAntiforgery();
        session.MapPost("/logout", (HttpContext context, SessionCookie cookie) =>
        {
            cookie.Clear(context);
            return Results.LocalRedirect("/login");
        });
    }

    /// <summary>Only a path of our own: a sign-in must not send people elsewhere.</summary>
    private static string Local(string? next) => next is { Length: > 0 } && next[0] == '/' && !next.StartsWith("//", StringComparison.Ordinal) && !next.StartsWith("/\\", StringComparison.Ordinal) ? next : "/";

    private static RazorComponentResult<T> Page<T>(string name, object? value) where T : IComponent =>
        new(new Dictionary<string, object?>(StringComparer.Ordinal) { [name] = value });

    private static RazorComponentResult<MissingPage> Missing(string what) =>
        new(new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(MissingPage.What)] = what }) { StatusCode = StatusCodes.Status404NotFound };
}
