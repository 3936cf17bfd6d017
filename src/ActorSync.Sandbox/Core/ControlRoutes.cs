using System.Text.Json;

namespace ActorSync.Sandbox.Core;

/// <summary>The levers for tests, demos and people: faults, sales, edits, counts. Never subject to faults themselves.</summary>
public static class ControlRoutes
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;

    public static void Map(WebApplication app, SandboxHost sandbox)
    {
        var control = app.MapGroup("/_control");
        control.MapGet("/stats", () => Results.Json(Stats(sandbox), ControlJson.Options));
        control.MapGet("/faults", () => Results.Json(sandbox.Simulators.ToDictionary(s => s.Name, s => s.Faults.Describe(), StringComparer.Ordinal), ControlJson.Options));
        control.MapGet("/catalogue", () => Results.Json(
            new { products = sandbox.Catalogue.Products.Count, missingInWoo = sandbox.Catalogue.MissingInWoo, wooDifferences = sandbox.Catalogue.WooDifferences }, ControlJson.Options));
        control.MapPost("/reset", () =>
        {
            sandbox.Reset();
            return Results.Json(new { generation = sandbox.Generation }, ControlJson.Options);
        });
        control.MapPost("/faults", (HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => ValueTask.FromResult(UpdateFaults(sandbox, body)), ct));
        control.MapPost("/sell", (HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => SellAsync(sandbox, body, ct), ct));
        control.MapPost("/cancel-order", (HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => CancelAsync(sandbox, body, ct), ct));
        control.MapGet("/{channel}/products", (string channel, int? limit, int? offset) => List(sandbox, channel, limit ?? DefaultPage, offset ?? 0));
        control.MapGet("/{channel}/products/by-sku/{**sku}", (string channel, string sku) => BySku(sandbox, channel, Uri.UnescapeDataString(sku)));
        control.MapPost("/{channel}/edit", (string channel, HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => EditAsync(sandbox, channel, body, ct), ct));
        control.MapPost("/{channel}/lose-webhooks", (string channel, string? topic, CancellationToken ct) => LoseWebhooksAsync(sandbox, channel, topic, ct));
        control.MapPost("/{channel}/create", (string channel, HttpRequest request, CancellationToken ct) => WithBodyAsync(request, body => CreateAsync(sandbox, channel, body, ct), ct));
    }

    private static Dictionary<string, object> Stats(SandboxHost sandbox)
    {
        var stats = new Dictionary<string, object>(StringComparer.Ordinal) { ["generation"] = sandbox.Generation };
        foreach (var simulator in sandbox.Simulators)
        {
            stats[simulator.Name] = simulator.Stats.Describe(simulator.ProductsHeld);
        }

        return stats;
    }

    private static IResult UpdateFaults(SandboxHost sandbox, JsonElement body)
    {
        var (simulator, problem) = ChannelOf(sandbox, body);
        if (simulator is null)
        {
            return Bad(problem);
        }

        return simulator.Faults.Update(body) is { } wrong ? Bad(wrong) : Results.Json(simulator.Faults.Describe(), ControlJson.Options);
    }

    private static async ValueTask<IResult> SellAsync(SandboxHost sandbox, JsonElement body, CancellationToken cancellationToken)
    {
        var (simulator, problem) = ChannelOf(sandbox, body);
        if (simulator is null)
        {
            return Bad(problem);
        }

        if (!body.TryGetProperty("sku", out var sku) || sku.ValueKind != JsonValueKind.String || sku.GetString() is not { Length: > 0 } wanted)
        {
            return Bad("sku is missing or empty; it names the variant that is sold.");
        }

        var quantity = 1;
        if (body.TryGetProperty("quantity", out var amount) && (!amount.TryGetInt32(out quantity) || quantity < 1))
        {
            return Bad($"quantity is {amount.GetRawText()} but must be a whole number from 1.");
        }

        var result = await simulator.SellAsync(wanted, quantity, cancellationToken);
        return result.Sold ? Results.Json(result, ControlJson.Options) : Results.Json(new { error = result.Problem }, ControlJson.Options, statusCode: StatusCodes.Status409Conflict);
    }

    private static async ValueTask<IResult> CancelAsync(SandboxHost sandbox, JsonElement body, CancellationToken cancellationToken)
    {
        var (simulator, problem) = ChannelOf(sandbox, body);
        if (simulator is null)
        {
            return Bad(problem);
        }

        if (!body.TryGetProperty("order", out var order) || order.ValueKind != JsonValueKind.String || order.GetString() is not { Length: > 0 } wanted)
        {
            return Bad("order is missing or empty; it is the id that /_control/sell answered.");
        }

        var result = await simulator.CancelOrderAsync(wanted, cancellationToken);
        return Results.Json(result, ControlJson.Options, statusCode: result.Cancelled ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
    }

    private static IResult List(SandboxHost sandbox, string channel, int limit, int offset)
    {
        if (sandbox.Find(channel) is not { } simulator)
        {
            return UnknownChannel(sandbox, channel);
        }

        if (limit is < 1 or > LargestPage || offset < 0)
        {
            return Bad($"limit is {limit}, offset is {offset}; limit must be from 1 to {LargestPage} and offset from 0.");
        }

        return Results.Json(new { total = simulator.ProductsHeld, products = simulator.List(limit, offset) }, ControlJson.Options);
    }

    private static IResult BySku(SandboxHost sandbox, string channel, string sku)
    {
        if (sandbox.Find(channel) is not { } simulator)
        {
            return UnknownChannel(sandbox, channel);
        }

        return simulator.FindBySku(sku) is { } product
            ? Results.Json(product, ControlJson.Options)
            : Results.Json(new { error = $"No product of {channel} has the SKU '{sku}'." }, ControlJson.Options, statusCode: StatusCodes.Status404NotFound);
    }

    private static async ValueTask<IResult> EditAsync(SandboxHost sandbox, string channel, JsonElement body, CancellationToken cancellationToken)
    {
        if (sandbox.Find(channel) is not { } simulator)
        {
            return UnknownChannel(sandbox, channel);
        }

        var (edit, problem) = ControlJson.ReadEdit(body);
        if (edit is null)
        {
            return Bad(problem ?? "The edit cannot be read.");
        }

        var result = await simulator.EditAsync(edit, cancellationToken);
        return result.Problem is null
            ? Results.Json(new { product = result.Product }, ControlJson.Options)
            : Results.Json(new { error = result.Problem }, ControlJson.Options, statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> LoseWebhooksAsync(SandboxHost sandbox, string channel, string? topic, CancellationToken cancellationToken) =>
        sandbox.Find(channel) is { } simulator
            ? Results.Json(new { lost = await simulator.LoseWebhooksAsync(topic, cancellationToken) }, ControlJson.Options)
            : UnknownChannel(sandbox, channel);

    private static async ValueTask<IResult> CreateAsync(SandboxHost sandbox, string channel, JsonElement body, CancellationToken cancellationToken)
    {
        if (sandbox.Find(channel) is not { } simulator)
        {
            return UnknownChannel(sandbox, channel);
        }

        var (product, problem) = ControlJson.ReadCreate(body);
        return product is null
            ? Bad(problem ?? "The product cannot be read.")
            : Results.Json(new { product = await simulator.CreateAsync(product, cancellationToken) }, ControlJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> WithBodyAsync(HttpRequest request, Func<JsonElement, ValueTask<IResult>> act, CancellationToken cancellationToken)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
            return body.RootElement.ValueKind == JsonValueKind.Object ? await act(body.RootElement) : Bad("The body must be a JSON object.");
        }
        catch (JsonException wrong)
        {
            return Bad($"The body is not JSON: {wrong.Message}");
        }
    }

    private static (ISimulator? Simulator, string Problem) ChannelOf(SandboxHost sandbox, JsonElement body)
    {
        if (!body.TryGetProperty("channel", out var name) || name.ValueKind != JsonValueKind.String)
        {
            return (null, $"channel is missing. Known: {sandbox.ChannelNames}.");
        }

        var simulator = sandbox.Find(name.GetString() ?? "");
        return (simulator, simulator is null ? $"channel is '{name.GetString()}'. Known: {sandbox.ChannelNames}." : "");
    }

    private static IResult Bad(string problem) => Results.Json(new { error = problem }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);

    private static IResult UnknownChannel(SandboxHost sandbox, string channel) =>
        Results.Json(new { error = $"'{channel}' is not a channel. Known: {sandbox.ChannelNames}." }, ControlJson.Options, statusCode: StatusCodes.Status404NotFound);
}
