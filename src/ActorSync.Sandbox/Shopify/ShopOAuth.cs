using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.Shopify;

/// <summary>The authorize address that a browser visits and the token address that a program calls. No refusal of theirs was recorded: the words are ours.</summary>
public sealed class ShopOAuth(Shop shop, ShopTokens tokens, ShopSecrets secrets, ChannelStats stats, TimeProvider clock)
{
    public const string Root = "/shopify/demo/admin/oauth";
    private const int RefreshSeconds = 90 * 86_400;

    public void Map(WebApplication app)
    {
        app.MapPost(Root + "/access_token", AccessTokenAsync);
        app.MapGet(Root + "/authorize", (HttpRequest request) => Authorize(name => request.Query[name].ToString()));
        app.MapPost(Root + "/authorize", async (HttpRequest request, CancellationToken cancellationToken) =>
        {
            var form = await request.ReadFormAsync(cancellationToken);
            return Wrong(name => form[name].ToString()) ?? Back(form["redirect_uri"].ToString(), form["state"].ToString());
        });
    }

    private IResult Authorize(Func<string, string> read)
    {
        if ((Wrong(read) ?? (tokens.AutoConsent ? Back(read("redirect_uri"), read("state")) : null)) is { } answer)
        {
            return answer;
        }

        var page = new StringBuilder("<h1>Install app</h1><section><p>The app <b>").Append(Text(read("client_id"))).Append("</b> asks for <code>").Append(Text(read("scope")))
            .Append("</code>.</p><form method=\"post\" action=\"").Append(Root).Append("/authorize\">");
        foreach (var name in (string[])["client_id", "redirect_uri", "state"])
        {
            page.Append("<input type=\"hidden\" name=\"").Append(name).Append("\" value=\"").Append(Text(read(name))).Append("\">");
        }

        page.Append("<p><button class=\"main\">Install</button></p></form></section>");
        return Results.Content(HtmlPage.Render("Install app", "Simulated Shopify shop", page.ToString()), "text/html; charset=utf-8");
    }

    private static IResult? Wrong(Func<string, string> read) =>
        read("client_id") != ShopTokens.ClientId ? Refuse("application_cannot_be_found", $"client_id is '{read("client_id")}' but the app of this shop is {ShopTokens.ClientId}.")
        : !Uri.TryCreate(read("redirect_uri"), UriKind.Absolute, out var redirect) || redirect.Scheme is not ("http" or "https") || !redirect.IsLoopback
            ? Refuse("invalid_request", "redirect_uri is not registered; the Sandbox takes every address of this computer.")
        : null;

    /// <summary>What the browser brings back is signed with the app's secret over the sorted rest.</summary>
    private IResult Back(string redirect, string state)
    {
        var query = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["code"] = tokens.Consent(),
            ["shop"] = Shop.Domain,
            ["state"] = state,
            ["timestamp"] = clock.GetUtcNow().ToUnixTimeSeconds().ToString(),
        };
        var hmac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secrets.Signing), Encoding.UTF8.GetBytes(string.Join('&', query.Select(pair => $"{pair.Key}={pair.Value}"))));
        query["hmac"] = Convert.ToHexStringLower(hmac);
        return Results.Redirect($"{redirect}{(redirect.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{string.Join('&', query.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"))}");
    }

    private async Task<IResult> AccessTokenAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        stats.CountRequest("access_token");
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        var read = await FieldsAsync(request, cancellationToken);
        if (read("client_id") != ShopTokens.ClientId || !secrets.Accepts(read("client_secret")))
        {
            return Refuse("application_cannot_be_found", "No app has this client_id and client_secret.");
        }

        var code = read("code");
        return read("grant_type") switch
        {
            "client_credentials" => Granted(tokens.ForApp()) ?? Refuse("app_not_installed", "The app is not installed in this shop."),
            "urn:ietf:params:oauth:grant-type:token-exchange" => Exchange(read),
            "refresh_token" => Granted(tokens.Refresh(read("refresh_token") ?? "")) ?? Refuse("invalid_grant", "The refresh token is invalid, used or revoked."),
            null or "" or "authorization_code" when code is null => Refuse("invalid_request", "code is missing."),
            null or "" or "authorization_code" when read("expiring") != "1" => Refuse("invalid_request", "expiring must be 1: new apps are given tokens that end."),
            null or "" or "authorization_code" => Granted(tokens.Redeem(code!)) ?? Refuse("invalid_request", "The authorization code was not found or was already used."),
            var other => Refuse("unsupported_grant_type", $"grant_type '{other}' is not served: client_credentials, refresh_token, or a code."),
        };
    }

    /// <summary>An embedded page's session for a token that ends. Tokens of a person (online) are not served.</summary>
    private IResult Exchange(Func<string, string?> read) =>
        read("subject_token_type") != "urn:ietf:params:oauth:token-type:id_token" || read("requested_token_type") != "urn:shopify:params:oauth:token-type:offline-access-token"
            ? Refuse("invalid_request", "subject_token_type must be an id_token, requested_token_type an offline-access-token.")
        : read("expiring") != "1" ? Refuse("invalid_request", "expiring must be 1: new apps are given tokens that end.")
        : !ShopSession.IsGood(read("subject_token") ?? "", clock.GetUtcNow(), secrets) ? Refuse("invalid_subject_token", "The session token is not this shop's for this app, or its minute is over.")
        : Granted(tokens.Exchange()) ?? Refuse("app_not_installed", "The app is not installed in this shop.");

    private IResult? Granted(ShopToken? token)
    {
        if (token is null)
        {
            return null;
        }

        var body = new JsonObject
        {
            ["access_token"] = token.Access,
            ["scope"] = ShopScopes.Compact(shop.AccessScopes),
            ["expires_in"] = (int)Math.Round((token.Until - clock.GetUtcNow()).TotalSeconds),
        };
        if (token.Refresh is not null)
        {
            body["refresh_token"] = token.Refresh;
            body["refresh_token_expires_in"] = tokens.RefreshLifeSeconds ?? RefreshSeconds;
        }

        return Results.Json(body);
    }

    private static async Task<Func<string, string?>> FieldsAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.HasFormContentType)
        {
            var form = await request.ReadFormAsync(cancellationToken);
            return name => form[name];
        }

        try
        {
            var body = new Input(await JsonSerializer.DeserializeAsync<JsonElement>(request.Body, cancellationToken: cancellationToken));
            return body.Text;
        }
        catch (JsonException)
        {
            return _ => null;
        }
    }

    private static IResult Refuse(string error, string description) => Results.Json(new { error, error_description = description }, statusCode: StatusCodes.Status400BadRequest);

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
