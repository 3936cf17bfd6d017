using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>The login: the authorize address that a browser visits and the token address that a program calls.</summary>
public sealed class FfnOAuth(FfnLogins logins, FfnSettings settings, ChannelStats stats)
{
    public const string TokenPath = FfnApi.Root + "/token";
    private const string AuthorizePath = FfnApi.Root + "/authorize";
    private const string Banner = "Simulated JTL customer center";
    private static readonly string[] Scopes = [FfnLogins.ReadScope, FfnLogins.WriteScope];

    public void Map(WebApplication app)
    {
        app.MapGet(AuthorizePath, (HttpRequest request) => Authorize(name => request.Query[name].ToString()));
        app.MapPost(AuthorizePath, async (HttpRequest request, CancellationToken ct) =>
        {
            var form = await request.ReadFormAsync(ct);
            return Decide(name => form[name].ToString());
        });
        app.MapPost(TokenPath, TokenAsync);
    }

    private IResult Authorize(Func<string, string> read)
    {
        if (Wrong(read) is { } refusal)
        {
            return refusal;
        }

        if (settings.Values.AutoConsent)
        {
            return Agree(read);
        }

        var form = new StringBuilder("<h1>Access to your fulfillment account</h1><section><p>The application <b>").Append(Text(read("client_id"))).Append("</b> asks to act for merchant <b>").Append(FfnIds.Merchant)
            .Append("</b>:</p><ul>");
        foreach (var scope in Requested(read))
        {
            form.Append("<li>").Append(scope == FfnLogins.ReadScope ? "read products, stock and orders" : "create and change products and orders").Append(" (<code>").Append(Text(scope)).Append("</code>)</li>");
        }

        form.Append("</ul><form method=\"post\" action=\"").Append(AuthorizePath).Append("\">");
        foreach (var name in (string[])["response_type", "client_id", "redirect_uri", "scope", "state"])
        {
            form.Append("<input type=\"hidden\" name=\"").Append(name).Append("\" value=\"").Append(Text(read(name))).Append("\">");
        }

        form.Append("<p class=\"row\"><button class=\"main\" name=\"decision\" value=\"allow\">Allow</button><button name=\"decision\" value=\"deny\">Deny</button></p></form></section>");
        return Results.Content(HtmlPage.Render("Allow access", Banner, form.ToString()), "text/html; charset=utf-8");
    }

    private IResult Decide(Func<string, string> read) =>
        Wrong(read) ?? (read("decision") == "allow" ? Agree(read) : Back(read, ("error", "access_denied"), ("error_description", "The resource owner denied the request.")));

    private IResult Agree(Func<string, string> read) => Back(read, ("code", logins.Consent(read("redirect_uri"), Requested(read))));

    /// <summary>What the login page itself refuses is told to the person; what the application did wrong is told to it.</summary>
    private static IResult? Wrong(Func<string, string> read)
    {
        if (read("client_id") != FfnLogins.ClientId)
        {
            return Results.Json(Error("invalid_client", "Client authentication failed", hint: null), FfnJson.Options, statusCode: StatusCodes.Status401Unauthorized);
        }

        if (!Uri.TryCreate(read("redirect_uri"), UriKind.Absolute, out var redirect) || redirect.Scheme is not ("http" or "https") || !redirect.IsLoopback)
        {
            return Results.Json(Error("invalid_client", "Client authentication failed", "redirect_uri is not registered; the Sandbox takes every address of this computer."), FfnJson.Options, statusCode: StatusCodes.Status401Unauthorized);
        }

        if (read("response_type") != "code")
        {
            return Back(read, ("error", "unsupported_response_type"), ("error_description", "response_type must be code."));
        }

        var requested = Requested(read);
        return requested.Length == 0 || requested.Except(Scopes).Any()
            ? Back(read, ("error", "invalid_scope"), ("error_description", $"scope is '{read("scope")}' but must name {FfnLogins.ReadScope}, {FfnLogins.WriteScope} or both."))
            : null;
    }

    private static string[] Requested(Func<string, string> read) => [.. read("scope").Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct()];

    private static IResult Back(Func<string, string> read, params ReadOnlySpan<(string Name, string Value)> answer)
    {
        var address = new StringBuilder(read("redirect_uri")).Append(read("redirect_uri").Contains('?', StringComparison.Ordinal) ? '&' : '?');
        foreach (var (name, value) in answer)
        {
            address.Append(name).Append('=').Append(Uri.EscapeDataString(value)).Append('&');
        }

        return Results.Redirect(read("state").Length > 0 ? address.Append("state=").Append(Uri.EscapeDataString(read("state"))).ToString() : address.ToString().TrimEnd('&'));
    }

    private async Task<IResult> TokenAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        stats.CountRequest("POST token");
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        if (!IsClient(request))
        {
            return Refuse(401, "invalid_client", "Client authentication failed", hint: null);
        }

        if (!request.HasFormContentType)
        {
            return Refuse(400, "invalid_request", "The request is missing a required parameter.", "The body must be application/x-www-form-urlencoded.");
        }

        var form = await request.ReadFormAsync(cancellationToken);
        return form["grant_type"].ToString() switch
        {
            "authorization_code" => Granted(logins.Redeem(form["code"].ToString(), form["redirect_uri"].ToString())) ?? Refuse(400, "invalid_grant", "The authorization code is invalid.", "It is used, too old, or was given to another redirect_uri"),
            "refresh_token" => Granted(logins.Refresh(form["refresh_token"].ToString())) ?? Refuse(401, "invalid_request", "The refresh token is invalid.", "Token has been revoked"),
            "client_credentials" => Refuse(401, "unauthorized_client", "The client is not authorized to use this grant type.", hint: null),
            var other => Refuse(400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.", $"grant_type is '{other}'"),
        };
    }

    private static IResult? Granted(FfnTokens? tokens) => tokens is null ? null : Results.Json(
        new JsonObject { ["token_type"] = "Bearer", ["expires_in"] = tokens.ExpiresIn, ["access_token"] = tokens.AccessToken, ["refresh_token"] = tokens.RefreshToken }, FfnJson.Options);

    private static IResult Refuse(int status, string error, string description, string? hint) => Results.Json(Error(error, description, hint), FfnJson.Options, statusCode: status);

    private static JsonObject Error(string error, string description, string? hint)
    {
        var body = new JsonObject { ["error"] = error, ["error_description"] = description };
        if (hint is not null)
        {
            body["hint"] = hint;
        }

        body["message"] = description;
        return body;
    }

    private static bool IsClient(HttpRequest request)
    {
        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header) || !string.Equals(header.Scheme, "Basic", StringComparison.OrdinalIgnoreCase) || header.Parameter is null)
        {
            return false;
        }

        var bytes = new byte[header.Parameter.Length];
        return Convert.TryFromBase64String(header.Parameter, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) == $"{FfnLogins.ClientId}:{FfnLogins.ClientSecret}";
    }

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
