using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>The front door at wp-json: who calls, which route, what comes back and in which headers.</summary>
public sealed class WooApi(WooShop shop, WooAuth auth, WooProducts products, WooTerms terms, WooWebhooks webhooks, WooHost host, PictureStore pictures, ChannelStats stats)
{
    public Action<WooEvent> Announce => webhooks.Announce;

    public async Task HandleAsync(HttpContext context)
    {
        WooWebhook? ping = null;
        WooAnswer? answer;
        using var worker = await host.EnterAsync(context.RequestAborted);
        if (host.TakeMaintenance())
        {
            await WriteMaintenanceAsync(context);
            return;
        }

        try
        {
            (answer, ping) = await AnswerAsync(context);
        }
        catch (WooRestException refused)
        {
            answer = new WooAnswer(refused.Status, refused.ToJson());
        }
        catch (WooFatalException)
        {
            answer = Fatal();
        }

        if (answer is null)
        {
            return;
        }

        if (ping is not null)
        {
            await webhooks.PingAsync(ping, context.RequestAborted);
        }

        if (answer.Writes > 0)
        {
            context.MarkWrite(answer.Writes);
        }

        await WriteAsync(context, answer);
    }

    /// <summary>What WordPress says when PHP has died under it.</summary>
    public static WooAnswer Fatal() => new(500, new JsonObject
    {
        ["code"] = "internal_server_error",
        ["message"] = "<p>There has been a critical error on this website.</p><p><a href=\"https://wordpress.org/documentation/article/faq-troubleshooting/\">Learn more about troubleshooting WordPress.</a></p>",
        ["data"] = new JsonObject { ["status"] = 500 },
        ["additional_errors"] = new JsonArray(),
    });

    /// <summary>While WordPress updates itself: JSON for who asks for it, a page for everybody else.</summary>
    private static async Task WriteMaintenanceAsync(HttpContext context)
    {
        const string Words = "Briefly unavailable for scheduled maintenance. Check back in a minute.";
        context.Response.Headers.RetryAfter = "600";
        if (context.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase))
        {
            await WriteAsync(context, new WooAnswer(503, new JsonObject
            {
                ["code"] = "wp_die",
                ["message"] = Words,
                ["data"] = new JsonObject { ["status"] = 503 },
                ["additional_errors"] = new JsonArray(),
            }));
            return;
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/html; charset=UTF-8";
        await context.Response.WriteAsync($"<html><head><title>Maintenance</title></head><body><h1>{Words}</h1></body></html>", context.RequestAborted);
    }

    public static async Task WriteAsync(HttpContext context, WooAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = "application/json; charset=UTF-8";
        var headers = response.Headers;
        headers["X-Robots-Tag"] = "noindex";
        headers.XContentTypeOptions = "nosniff";
        headers["Access-Control-Expose-Headers"] = "X-WP-Total, X-WP-TotalPages, Link";
        headers.CacheControl = "no-cache, must-revalidate, max-age=0, no-store, private";
        if (answer.Total is { } total)
        {
            headers["X-WP-Total"] = total.ToString(CultureInfo.InvariantCulture);
            headers["X-WP-TotalPages"] = answer.TotalPages?.ToString(CultureInfo.InvariantCulture);
        }

        if (answer.Link is not null)
        {
            headers.Link = answer.Link;
        }

        if (answer.Location is not null)
        {
            headers.Location = answer.Location;
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            var body = PhpJson.Encode(answer.Body);
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>No answer: the host has answered instead.</summary>
    private async Task<(WooAnswer? Answer, WooWebhook? Ping)> AnswerAsync(HttpContext context)
    {
        var below = context.Request.RouteValues["path"] as string ?? "";
        below = below.EndsWith('/') ? below[..^1] : below;
        if (context.Request.Query.ContainsKey("rest_route"))
        {
            stats.CountRequest("rest_route");
            throw Anonymous("GET", isItem: false);
        }

        if (below.Length == 0)
        {
            stats.CountRequest("GET index");
            return (WooAnswer.Ok(WooSettings.Index(shop)), null);
        }

        if (below != "wc/v3" && !below.StartsWith("wc/v3/", StringComparison.Ordinal))
        {
            stats.CountRequest("other namespace");
            throw below.StartsWith("wp/v2", StringComparison.Ordinal) && !HttpMethods.IsGet(context.Request.Method)
                ? new WooRestException(401, "rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
                : WooRestException.NoRoute();
        }

        if (below == "wc/v3")
        {
            stats.CountRequest("GET wc/v3");
            return (WooAnswer.Ok(WooSettings.Namespace()), null);
        }

        var segments = below.Split('/')[2..];
        stats.CountRequest($"{context.Request.Method} {Operation(segments)}");
        var key = auth.Identify(context.Request, shop.Home);
        var request = await WooRequest.ReadAsync(context.Request, segments);
        CheckRight(key, request, segments);
        if (await host.RefuseAsync(context, request, () => WriteAsync(context, Fatal())))
        {
            return (null, null);
        }

        var creates = request.CountOf("create");
        await host.WorkAsync(creates, request.BatchItems - creates, context.RequestAborted);
        if (request.IsWrite)
        {
            // The site downloads during the call. What could not be had, the writer refuses with the whole row.
            foreach (var source in Sources(request.Body).Where(source => !pictures.Has(source)))
            {
                await pictures.FetchAsync(source, context.RequestAborted);
            }
        }

        return shop.Do(() => Route(request, segments));
    }

    private static IEnumerable<string> Sources(JsonElement body) => body.ValueKind switch
    {
        JsonValueKind.Object => body.EnumerateObject().SelectMany(member => member.Name == "src" && member.Value.ValueKind == JsonValueKind.String
            ? Uri.TryCreate(member.Value.GetString(), UriKind.Absolute, out var source) && source.Scheme is ("http" or "https") ? [member.Value.GetString()!] : []
            : Sources(member.Value)),
        JsonValueKind.Array => body.EnumerateArray().SelectMany(Sources),
        _ => [],
    };

    private (WooAnswer? Answer, WooWebhook? Ping) Route(WooRequest request, string[] segments) => segments switch
    {
        ["products", "categories" or "tags" or "brands" or "attributes", ..] => (terms.Answer(request), null),
        ["products", ..] => (products.Answer(request), null),
        ["webhooks", ..] => webhooks.Answer(request),
        ["settings", ..] or ["system_status"] or ["taxes", "classes"] or ["data", "currencies", "current"] when request.IsRead => (WooSettings.Answer(request, shop, segments), null),
        _ => throw WooRestException.NoRoute(),
    };

    private static void CheckRight(WooKey? key, WooRequest request, string[] segments)
    {
        if (key is null)
        {
            throw Anonymous(request.Method, segments.Any(s => s.All(char.IsAsciiDigit)), segments[^1] == "batch");
        }

        if (!key.Permissions.Contains(request.IsRead ? "read" : "write", StringComparison.Ordinal))
        {
            throw new WooRestException(401, "woocommerce_rest_authentication_error", $"The API key provided does not have {(request.IsRead ? "read" : "write")} permissions.");
        }
    }

    private static WooRestException Anonymous(string method, bool isItem, bool isBatch = false) => (method, isItem, isBatch) switch
    {
        (_, _, true) => new WooRestException(401, "woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch manipulate this resource."),
        ("GET" or "HEAD", false, _) => new WooRestException(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
        ("GET" or "HEAD", true, _) => new WooRestException(401, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource."),
        ("DELETE", _, _) => new WooRestException(401, "woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource."),
        (_, true, _) => new WooRestException(401, "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
        _ => new WooRestException(401, "woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources."),
    };

    /// <summary>The route with ids taken out, so that counts gather.</summary>
    private static string Operation(string[] segments) => string.Join('/', segments.Select(s => s.Length > 0 && s.All(char.IsAsciiDigit) ? "{id}" : s));
}
