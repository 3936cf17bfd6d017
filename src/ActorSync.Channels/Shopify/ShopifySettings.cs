namespace ActorSync.Channels.Shopify;

/// <summary>One connection's settings, checked.</summary>
internal sealed record ShopifySettings(Uri Endpoint, string ApiVersion)
{
    public const string BaseUrl = "baseUrl";
    public const string ShopDomain = "shopDomain";
    public const string ApiVersionName = "apiVersion";
    public const string AccessToken = "accessToken";
    public const string DefaultApiVersion = "2026-07";

    /// <summary>The settings, or what is wrong with them: which one, its value and what is accepted.</summary>
    public static (ShopifySettings? Settings, string? Problem) Read(ChannelSettings settings, ChannelSecrets secrets)
    {
        var address = FindBaseUrl(settings);
        if (address is null || !Uri.TryCreate(address, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("https" or "http"))
        {
            return (null, $"{BaseUrl} is '{address}' but must be an http or https address such as https://your-shop.myshopify.com.");
        }

        var version = settings.Values.GetValueOrDefault(ApiVersionName) is { Length: > 0 } given ? given.Trim() : DefaultApiVersion;
        if (!version.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            return (null, $"{ApiVersionName} is '{version}' but must be a version such as {DefaultApiVersion}.");
        }

        return string.IsNullOrWhiteSpace(secrets.Find(AccessToken))
            ? (null, $"The secret {AccessToken} is missing.")
            : (new ShopifySettings(new Uri($"{address}/admin/api/{version}/graphql.json"), version), null);
    }

    /// <summary>The shop's address without a slash at the end; null when neither it nor the domain is given.</summary>
    public static string? FindBaseUrl(ChannelSettings settings) =>
        settings.Values.GetValueOrDefault(BaseUrl) is { Length: > 0 } given ? given.Trim().TrimEnd('/')
        : settings.Values.GetValueOrDefault(ShopDomain) is { Length: > 0 } domain ? "https://" + domain.Trim().TrimEnd('/') : null;
}
