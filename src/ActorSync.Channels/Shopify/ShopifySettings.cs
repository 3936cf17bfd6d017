namespace ActorSync.Channels.Shopify;

/// <summary>One connection's settings, checked. Exactly one of <see cref="Token"/> and <see cref="App"/> is there.</summary>
internal sealed record ShopifySettings(Uri Endpoint, string ApiVersion, ShopifyBulkFrom BulkFrom)
{
    public const string BaseUrl = "baseUrl";
    public const string ShopDomain = "shopDomain";
    public const string ApiVersionName = "apiVersion";
    public const string AccessToken = "accessToken";
    public const string BulkFromName = "bulkFrom";
    public const string ClientId = "clientId";
    public const string ClientSecret = "clientSecret";
    public const string Grant = "grant";
    public const string ClientCredentials = "client_credentials";
    public const string AuthorizationCode = "authorization_code";
    public const string TokenExchange = "token_exchange";
    public const string DefaultApiVersion = "2026-07";
    private const string OneWay = $"Give either the secret {AccessToken}, or {ClientId} and the secret {ClientSecret}";

    /// <summary>A token that does not end.</summary>
    public string? Token { get; init; }
    /// <summary>The app that asks for tokens.</summary>
    public ShopifyApp? App { get; init; }

    public override string ToString() => Endpoint.AbsoluteUri;

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

        var found = new ShopifySettings(new Uri($"{address}/admin/api/{version}/graphql.json"), version, bulkFrom);
        var token = Told(secrets.Find(AccessToken));
        var client = Told(settings.Values.GetValueOrDefault(ClientId));
        var secret = Told(secrets.Find(ClientSecret));
        var grant = Told(settings.Values.GetValueOrDefault(Grant));
        (string Name, string? Value)[] app = [(ClientId, client), (ClientSecret, secret), (Grant, grant)];
        var beside = string.Join(" and ", app.Where(one => one.Value is not null).Select(one => one.Name));
        return (token, client, secret, grant) switch
        {
            (not null, null, null, null) => (found with { Token = token }, null),
            (not null, _, _, _) => (null, $"{AccessToken} is given beside {beside}, but one way must be chosen. {OneWay}; clear the other with \"\". "
                + $"What signs webhooks beside an {AccessToken} is the secret {ShopifyWebhooks.SecretName}."),
            (null, null, null, _) => (null, $"There is no way to a token. {OneWay}."),
            (null, null, _, _) => (null, $"The secret {ClientSecret} is given without {ClientId}. {OneWay}."),
            (null, _, null, _) => (null, $"{ClientId} is given without the secret {ClientSecret}. {OneWay}."),
            (null, _, _, null or ClientCredentials or AuthorizationCode or TokenExchange) =>
                (found with { App = new ShopifyApp(new Uri($"{address}/admin/oauth/"), client, secret, grant ?? ClientCredentials) }, null),
            _ => (null, $"{Grant} is '{grant}' but must be {ClientCredentials} (or empty), {AuthorizationCode} or {TokenExchange}."),
        };
    }

    /// <summary>The shop's address without a slash at the end; null when neither it nor the domain is given.</summary>
    public static string? FindBaseUrl(ChannelSettings settings) =>
        settings.Values.GetValueOrDefault(BaseUrl) is { Length: > 0 } given ? given.Trim().TrimEnd('/')
        : settings.Values.GetValueOrDefault(ShopDomain) is { Length: > 0 } domain ? "https://" + domain.Trim().TrimEnd('/') : null;

    /// <summary>The shop's domain as its sessions and webhooks name it; null when neither it nor the address is given.</summary>
    public static string? FindShop(ChannelSettings settings)
    {
        var given = Told(settings.Values.GetValueOrDefault(ShopDomain)) ?? FindBaseUrl(settings);
        return Uri.TryCreate(given?.Contains("://", StringComparison.Ordinal) == false ? "https://" + given : given, UriKind.Absolute, out var address) ? address.Host : null;
    }

    private static string? Told(string? value) => value?.Trim() is { Length: > 0 } told ? told : null;
}

/// <summary>An app, and how it comes by tokens.</summary>
/// <param name="OAuth">The folder of the shop's authorize and token addresses.</param>
/// <param name="ClientId">Public.</param>
/// <param name="ClientSecret">Secret; signs webhooks and returns from sign-ins, too.</param>
/// <param name="Grant">One of the settings' grants.</param>
internal sealed record ShopifyApp(Uri OAuth, string ClientId, string ClientSecret, string Grant)
{
    public override string ToString() => $"{ClientId} at {OAuth}";
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
