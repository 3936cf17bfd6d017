using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Channels;

/// <summary>The client's rules of merging, apart from field ownership: window, stock origin, deletes, currency.</summary>
internal static class PolicyEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        var policy = api.MapGroup("/api/policy").WithTags("Channels");
        policy.MapGet("", Get).WithSummary("Shows the rules of merging: conflict window, stock origin, deletes, currency.");
        policy.MapPut("", Put).WithSummary("Changes the rules that the body names. stockOrigin: null, hub, or a channel id.").RequireAuthorization(Roles.Admin)
            .WithBody("""{ "conflictWindowMinutes": 5, "stockOrigin": "hub", "stockSeed": "shopify-demo", "deletes": "archive", "currency": "EUR" }""");
    }

    private static async Task<Ok<PolicyView>> Get(Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        TypedResults.Ok(PolicyView.Of((await catalogue.SettingsAsync(caller, cancellationToken)).Policy));

    private static async Task<Results<Ok<PolicyView>, Problem>> Put(Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var channels = settings.Channels.Select(c => c.Id.Value).ToList();
        var reader = body.Reader();
        var window = reader.Number("conflictWindowMinutes", 0, 60);
        var origin = reader.Choice("stockOrigin", required: false, [.. channels.Prepend(TenantPolicy.HubStockOrigin)]);
        var seed = reader.Choice("stockSeed", required: false, [.. channels]);
        var deletes = reader.Choice("deletes", required: false, "unlink", "archive", "delete");
        var spread = reader.Flag("spreadDeletes");
        if (deletes is not null && spread is { } asBefore && asBefore != (deletes != "unlink"))
        {
            reader.Fail("spreadDeletes", $"spreadDeletes is {(asBefore ? "true" : "false")} but deletes is '{deletes}'; give deletes alone.");
        }

        var reservation = reader.Number("reservationLifetimeHours", 1, 14 * 24);
        var currency = reader.Text("currency");
        var code = currency;
        if (currency is not null && Canonical.ValidateCurrency(currency, out code).Error is { } badCurrency)
        {
            reader.Fail("currency", badCurrency);
        }

        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        var changed = await catalogue.SetPolicyAsync(caller, p => p with
        {
            ConflictWindow = window is { } minutes ? TimeSpan.FromSeconds((double)decimal.Round(minutes * 60)) : p.ConflictWindow,
            StockOrigin = reader.Has("stockOrigin") ? origin : p.StockOrigin,
            StockSeed = !reader.Has("stockSeed") ? p.StockSeed : seed is null ? null : new ChannelId(seed),
            DeletesChosen = deletes is not null ? Enum.Parse<DeletePolicy>(deletes, ignoreCase: true)
                : spread is { } spreads ? (spreads ? DeletePolicy.Archive : DeletePolicy.Unlink)
                : p.DeletesChosen,
            ReservationLifetime = reservation is { } hours ? TimeSpan.FromHours((double)hours) : p.ReservationLifetime,
            Currency = code ?? p.Currency,
        }, cancellationToken);
        return TypedResults.Ok(PolicyView.Of(changed.Policy));
    }
}

/// <summary>The rules of merging as the API shows them.</summary>
internal sealed record PolicyView(double ConflictWindowMinutes, string? StockOrigin, string? StockSeed, string Deletes, bool SpreadDeletes, double ReservationLifetimeHours, string Currency)
{
    public static PolicyView Of(TenantPolicy policy) => new(policy.ConflictWindow.TotalMinutes, policy.StockOrigin, policy.StockSeed?.Value, Names.Of(policy.Deletes), policy.DeletesSpread,
        policy.ReservationLifetime.TotalHours, policy.Currency);
}
