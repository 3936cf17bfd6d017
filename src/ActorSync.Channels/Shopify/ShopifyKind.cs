using ActorSync.Channels.Http;
using Microsoft.Extensions.Logging;

namespace ActorSync.Channels.Shopify;

/// <summary>The Shopify connector: GraphQL Admin API.</summary>
internal sealed class ShopifyKind(ChannelHttpClients http, TimeProvider clock, ILoggerFactory logs) : IChannelKind
{
    public const string KindName = "shopify";

    public ChannelDescriptor Descriptor { get; } = new()
    {
        Kind = KindName,
        DisplayName = "Shopify",
        PlatformName = "SHOPIFY",
        OriginKind = OriginKind.Storefront,
        Mask = ShopifyFields.Mask,
        MaxPushBatch = ShopifyPush.MaxItems,
        BulkPush = new BulkPushDescriptor
        {
            Forms = [.. ShopifyBulkForm.All.Select(form => form.Fields)],
            MaxVariants = ShopifyBulkPush.MaxVariants,
            MaxItems = ShopifyBulkPush.MaxItems,
            MinItems = ShopifyBulkPush.MinItems,
            Lease = ShopifyBulkPush.Lease,
            PaysOff = (settings, waiting, restore) => ShopifyBulkFrom.Parse(settings.Values.GetValueOrDefault(ShopifySettings.BulkFromName)) is { } from
                && from.Allows(waiting, ShopifyBulkArithmetic.PushInBulk(waiting, restore)),
        },
        ImportPageSize = ShopifySource.PageSize,
        ImportPageCost = ShopifyOperations.ProductsPage.Cost,
        Settings =
        [
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.BaseUrl, Label = "Shop address", Required = true, Help = "The shop's own address, e.g. https://your-shop.myshopify.com.",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.ShopDomain, Label = "Shop domain", Help = "The myshopify.com domain that webhooks name; taken from the shop address when left out.",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.ApiVersionName, Label = "API version", Default = ShopifySettings.DefaultApiVersion, Help = "The version of the Admin API to pin, e.g. 2026-07.",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.BulkFromName, Label = "Bulk from",
                Help = "Products from which on imports and pushes run as bulk operations: a number, 'never', or empty to take whatever is quicker.",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.AccessToken, Label = "Access token", Secret = true,
                Help = "One way: the permanent Admin API token (shpat_) of a custom app made before 2026. Leave it empty if you give a client id.",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.ClientId, Label = "Client id", Help = "The other way: id and secret of an app in the Dev Dashboard; tokens are asked for and renewed by themselves.",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.ClientSecret, Label = "Client secret", Secret = true,
                Help = "The app's secret. It signs webhooks too; POST /api/channels/{id}/rotate-secret replaces it and lets the old one count for a while.",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifySettings.Grant, Label = "Way to a token",
                Help = $"With a client id: {ShopifySettings.ClientCredentials} (app and shop in one organisation; what counts when left empty), {ShopifySettings.AuthorizationCode} (a person installs the app) or {ShopifySettings.TokenExchange} (the app's page inside Shopify's admin sends its session).",
            },
            new ChannelSettingDescriptor
            {
                Name = ShopifyWebhooks.SecretName, Label = "Webhook secret", Secret = true,
                Help = "With an access token: the app's client secret, which signs webhooks; POST /api/channels/{id}/rotate-secret replaces it and lets the old one count for a while.",
            },
        ],
        EditUrl = (settings, id) => ShopifySettings.FindBaseUrl(settings) is { } address ? $"{address}/admin/products/{Uri.EscapeDataString(id)}" : null,
    };

    public ICanon Canon => ShopifyCanon.Instance;

    public IWebhookReader? Webhooks { get; } = new ShopifyWebhooks();

    public ITokenIssuer Tokens { get; } = new ShopifyTokens(http, clock);

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(secrets);
        var (options, problem) = ShopifySettings.Read(settings, secrets);
        return options is not null
            ? new ShopifyChannel(http.Create(clock), http.CreateTransfer(clock), options, settings.Id, SourceOf(options, settings, secrets, tokens), budget, logs.CreateLogger<ShopifyKind>())
            : new ShopifyMisconfigured(problem!);
    }

    private ITokenSource SourceOf(ShopifySettings options, ChannelSettings settings, ChannelSecrets secrets, ITokenSource? tokens) =>
        options.App is null ? new ShopifyFixedToken(options.Token!)
        : tokens ?? new ShopifyTrialToken((ShopifyTokens)Tokens, settings, secrets);
}
