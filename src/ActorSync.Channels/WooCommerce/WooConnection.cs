using System.Net;

namespace ActorSync.Channels.WooCommerce;

internal enum WooAuth { Basic, Query, OAuth }

/// <summary>Where a shop is and how to prove who we are, out of settings and secrets.</summary>
internal sealed record WooConnection
{
    public required Uri Shop { get; init; }
    public required WooAuth Auth { get; init; }
    public required string ConsumerKey { get; init; }
    public required string ConsumerSecret { get; init; }

    public Uri Address(string path) => new($"{Shop.AbsoluteUri.TrimEnd('/')}/wp-json/wc/v3/{path}");

    public override string ToString() => $"{Shop} ({Auth})";

    /// <summary>The connection, or a sentence that says which setting is wrong.</summary>
    public static (WooConnection? Connection, string? Problem) Read(ChannelSettings settings, ChannelSecrets secrets)
    {
        var baseUrl = settings.Values.GetValueOrDefault(WooKind.BaseUrl)?.Trim();
        if (!Uri.TryCreate(baseUrl, UriKind.Absolute, out var shop) || (shop.Scheme != Uri.UriSchemeHttps && shop.Scheme != Uri.UriSchemeHttp))
        {
            return (null, $"{WooKind.BaseUrl} is '{baseUrl}' but must be the shop's http or https address, such as https://shop.example.com.");
        }

        if (shop.UserInfo.Length > 0 || shop.Query.Length > 0 || shop.Fragment.Length > 0)
        {
            return (null, $"{WooKind.BaseUrl} must be the shop's plain address, without user name, query or fragment.");
        }

        if (secrets.Find(WooKind.ConsumerKey) is not { Length: > 0 } key || secrets.Find(WooKind.ConsumerSecret) is not { Length: > 0 } secret)
        {
            return (null, $"{WooKind.ConsumerKey} and {WooKind.ConsumerSecret} must be given: WooCommerce, Settings, Advanced, REST API, Add key with read/write rights.");
        }

        if (settings.Values.GetValueOrDefault(WooKind.SeoPlugin)?.Trim().ToLowerInvariant() is { } seo && seo is not ("" or "none" or "yoast" or "rankmath"))
        {
            return (null, $"{WooKind.SeoPlugin} is '{seo}' but must be none, yoast or rankmath.");
        }

        var wanted = settings.Values.GetValueOrDefault(WooKind.AuthSetting)?.Trim() is { Length: > 0 } told ? told : "auto";
        WooAuth? auth = wanted.ToLowerInvariant() switch
        {
            "auto" => shop.Scheme == Uri.UriSchemeHttps || IsLoopback(shop) ? WooAuth.Basic : WooAuth.OAuth,
            "basic" => WooAuth.Basic,
            "query" => WooAuth.Query,
            "oauth" => WooAuth.OAuth,
            _ => null,
        };
        return auth is { } chosen
            ? (new WooConnection { Shop = shop, Auth = chosen, ConsumerKey = key, ConsumerSecret = secret }, null)
            : (null, $"{WooKind.AuthSetting} is '{wanted}' but must be auto, basic, query or oauth.");
    }

    private static bool IsLoopback(Uri shop) => shop.IsLoopback || (IPAddress.TryParse(shop.Host, out var address) && IPAddress.IsLoopback(address));
}
