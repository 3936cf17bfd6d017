using System.Text.Json;
using ActorSync.Sandbox.Core;
using Microsoft.AspNetCore.Http.Features;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>The fulfiller's verbs and the network's moods, for tests. The real fulfiller API has the same verbs.</summary>
public sealed class FfnControl(FfnState state, FfnSettings settings, FfnLogins logins, FfnLedger ledger, FfnOutbounds outbounds)
{
    private const string Root = "/_control/jtl-ffn";

    public void Map(WebApplication app)
    {
        app.MapGet(Root + "/settings", () => Results.Json(settings.Values, ControlJson.Options));
        app.MapPost(Root + "/settings", (HttpRequest request, CancellationToken ct) => WithBodyAsync(request, Change, ct));
        app.MapPost(Root + "/revoke", () => Results.Json(new { revoked = logins.RevokeAll() }, ControlJson.Options));
        app.MapPost(Root + "/stock", (HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => Done(() => AdjustStock(Read<StockMove>(body))), ct));
        app.MapPost(Root + "/announce", (HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => Done(() => Announce(Read<StockMove>(body))), ct));
        app.MapPost(Root + "/receive", (HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => Done(() => Receive(Read<Arrival>(body))), ct));
        app.MapPost(Root + "/outbounds/{id}/{verb}", (string id, string verb, HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => Done(() => Act(id, verb, Read<Shipment>(body))), ct));
    }

    private IResult Change(JsonElement body)
    {
        if (settings.Update(body) is { } problem)
        {
            return Bad(problem);
        }

        state.ClockShift = TimeSpan.FromSeconds(settings.Values.ClockShiftSeconds);
        return Results.Json(settings.Values, ControlJson.Options);
    }

    private object AdjustStock(StockMove move)
    {
        var (product, warehouse) = Place(move);
        var available = move.StockLevel is { } level ? level - state.Levels(product.Jfsku, warehouse).Available : move.Quantity ?? 0;
        return Row(ledger.Adjust(product, warehouse, new Amounts(available, 0, move.Blocked ?? 0, 0), Author.Warehouse, move.Note));
    }

    private object Announce(StockMove move)
    {
        var (product, warehouse) = Place(move);
        return ledger.Announce(product, warehouse, move.Quantity ?? 0, Author.Warehouse);
    }

    private object Receive(Arrival arrival)
    {
        var announcement = state.Announced(arrival.InboundId) ?? throw FfnErrors.Invalid("inboundId", $"Nothing is announced as '{arrival.InboundId}'.");
        return Row(ledger.Receive(announcement, arrival.Quantity ?? announcement.Open, Author.Warehouse));
    }

    private object Act(string id, string verb, Shipment shipment) => verb switch
    {
        "acknowledge" => FfnRender.Outbound(outbounds.Advance(id, OutboundStatus.Acknowledged, Author.Warehouse)),
        "pick" => FfnRender.Outbound(outbounds.Advance(id, OutboundStatus.Pickprocess, Author.Warehouse)),
        "lock" => FfnRender.Outbound(outbounds.Advance(id, OutboundStatus.Locked, Author.Warehouse)),
        "ship" => outbounds.Ship(id, shipment.Items, shipment.Packages ?? 1, Author.Warehouse),
        "cancel" => FfnRender.Outbound(outbounds.Abandon(id, shipment.Reason, Author.Warehouse)),
        _ => throw FfnErrors.Invalid("verb", $"'{verb}' is not known: acknowledge, pick, lock, ship, cancel."),
    };

    private (FfnProduct Product, string WarehouseId) Place(StockMove move)
    {
        var product = move.Jfsku is { } jfsku ? state.Product(jfsku) : state.BySku(move.Sku ?? "");
        if (product is not { IsActive: true })
        {
            throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, move.Jfsku ?? move.Sku ?? "");
        }

        var warehouse = move.WarehouseId ?? FfnIds.Warehouses[0].Id;
        return FfnIds.Warehouse(warehouse) is null ? throw FfnErrors.NoWarehouse(FfnErrors.WarehouseNotFound, warehouse) : (product, warehouse);
    }

    private static object Row(StockChange change) => new { change.Jfsku, change.WarehouseId, stockVersion = change.Version, change.ChangeType, stockLevel = change.After.Available };

    private IResult Done(Func<object> act)
    {
        try
        {
            return Results.Json(state.Do(act), ControlJson.Options);
        }
        catch (FfnRefusedException refused)
        {
            return Results.Json(new { error = refused.Message }, ControlJson.Options, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static T Read<T>(JsonElement body)
    {
        try
        {
            return body.Deserialize<T>(ControlJson.Options)!;
        }
        catch (JsonException wrong)
        {
            throw new BadHttpRequestException(wrong.Message, wrong);
        }
    }

    /// <summary>No body is an empty one.</summary>
    private static async Task<IResult> WithBodyAsync(HttpRequest request, Func<JsonElement, IResult> act, CancellationToken cancellationToken)
    {
        try
        {
            if (request.ContentLength == 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
            {
                return act(JsonSerializer.SerializeToElement(new { }));
            }

            using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
            return body.RootElement.ValueKind == JsonValueKind.Object ? act(body.RootElement) : Bad("The body must be a JSON object.");
        }
        catch (Exception wrong) when (wrong is JsonException or BadHttpRequestException)
        {
            return Bad(wrong.Message);
        }
    }

    private static IResult Bad(string problem) => Results.Json(new { error = problem }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);

    private sealed record StockMove(string? Sku, string? Jfsku, string? WarehouseId, decimal? StockLevel, decimal? Quantity, decimal? Blocked, string? Note);

    private sealed record Arrival(string InboundId, decimal? Quantity);

    private sealed record Shipment(IReadOnlyDictionary<string, decimal>? Items, int? Packages, string? Reason);
}
