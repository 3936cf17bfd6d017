namespace ActorSync.Channels.Shopify;

/// <summary>One connection's settings, checked.</summary>
internal sealed record ShopifySettings(Uri Endpoint, string ApiVersion, ShopifyBulkFrom BulkFrom)
{
    public const string BaseUrl = "baseUrl";
    public const string ShopDomain = "shopDomain";
    public const string ApiVersionName = "apiVersion";
    public const string AccessToken = "accessToken";
    public const string BulkFromName = "bulkFrom";
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

        if (ShopifyBulkFrom.Parse(settings.Values.GetValueOrDefault(BulkFromName)) is not { } bulkFrom)
        {
            return (null, $"{BulkFromName} is '{settings.Values.GetValueOrDefault(BulkFromName)}' but must be a number of products from 1, 'never', or empty for the shorter way.");
        }

        return string.IsNullOrWhiteSpace(secrets.Find(AccessToken))
            ? (null, $"The secret {AccessToken} is missing.")
            : (new ShopifySettings(new Uri($"{address}/admin/api/{version}/graphql.json"), version, bulkFrom), null);
    }

    /// <summary>The shop's address without a slash at the end; null when neither it nor the domain is given.</summary>
    public static string? FindBaseUrl(ChannelSettings settings) =>
        settings.Values.GetValueOrDefault(BaseUrl) is { Length: > 0 } given ? given.Trim().TrimEnd('/')
        : settings.Values.GetValueOrDefault(ShopDomain) is { Length: > 0 } domain ? "https://" + domain.Trim().TrimEnd('/') : null;
}

/// <summary>From how many products on a person wants bulk operations: a number, never, or the shorter way by arithmetic.</summary>
internal readonly record struct ShopifyBulkFrom(int? Products, bool IsNever)
{
    public static ShopifyBulkFrom? Parse(string? text) => text?.Trim() switch
    {
        null or "" => new ShopifyBulkFrom(null, IsNever: false),
        "never" => new ShopifyBulkFrom(null, IsNever: true),
        var given when int.TryParse(given, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var products) && products > 0 =>
            new ShopifyBulkFrom(products, IsNever: false),
        _ => null,
    };

    /// <summary>What the person said; what the arithmetic says where the person said nothing.</summary>
    public bool Allows(long products, bool paysOff) => !IsNever && (Products is { } least ? products >= least : paysOff);
}
