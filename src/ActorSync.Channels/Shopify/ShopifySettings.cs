namespace ActorSync.Channels.Shopify;

/// <summary>One connection's settings, checked.</summary>
internal sealed record ShopifySettings(Uri Endpoint, string ApiVersion)
{
    public const string BaseUrl = "baseUrl";
    public const string ShopDomain = "shopDomain";
    public const string ApiVersionName = "apiVersion";
    public const string AccessToken = "accessToken";
    public const string DefaultApiVersion = "2026-07";

    /// <exception cref="ArgumentException">A setting is missing or malformed; the message names it, its value and what is accepted.</exception>
    public static ShopifySettings Of(ChannelSettings settings)
    {
        var address = FindBaseUrl(settings);
        if (address is null || !Uri.TryCreate(address, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("https" or "http"))
        {
            throw new ArgumentException($"Channel '{settings.Id}': {BaseUrl} is '{address}' but must be an http or https address such as https://your-shop.myshopify.com.", nameof(settings));
        }

        var version = settings.Values.GetValueOrDefault(ApiVersionName) is { Length: > 0 } given ? given.Trim() : DefaultApiVersion;
        if (!version.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ArgumentException($"Channel '{settings.Id}': {ApiVersionName} is '{version}' but must be a version such as {DefaultApiVersion}.", nameof(settings));
        }

        return new ShopifySettings(new Uri($"{address}/admin/api/{version}/graphql.json"), version);
    }

    /// <summary>The shop's address without a slash at the end; null when neither it nor the domain is given.</summary>
    public static string? FindBaseUrl(ChannelSettings settings) =>
        settings.Values.GetValueOrDefault(BaseUrl) is { Length: > 0 } given ? given.Trim().TrimEnd('/')
        : settings.Values.GetValueOrDefault(ShopDomain) is { Length: > 0 } domain ? "https://" + domain.Trim().TrimEnd('/') : null;
}
