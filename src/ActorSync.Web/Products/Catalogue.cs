using ActorSync.Web.Security;

namespace ActorSync.Web.Products;

/// <summary>Finds products and channels of the caller's tenant. Another tenant's ids are as unknown as ids that do not exist.</summary>
internal sealed class Catalogue(IGrainFactory grains, ITenantDirectory directory)
{
    private const int MaxIdLength = 100;

    public ITenantDirectory Directory => directory;

    public IProductGrain Product(TenantId tenant, string id) => grains.GetGrain<IProductGrain>(ProductGrainKey.Of(tenant, new ProductId(id)));

    public ITenantGrain Tenant(Caller caller) => grains.GetGrain<ITenantGrain>(caller.Tenant.Value);

    public IStoreGrain Store(ChannelId channel) => grains.GetGrain<IStoreGrain>(channel.Value);

    public IImportGrain Import(ChannelId channel) => grains.GetGrain<IImportGrain>(channel.Value);

    public IDriftScanGrain DriftScan(ChannelId channel) => grains.GetGrain<IDriftScanGrain>(channel.Value);

    public IStockGrain Stock(ChannelId channel) => grains.GetGrain<IStockGrain>(channel.Value);

    public ITokenGrain Token(ChannelId channel) => grains.GetGrain<ITokenGrain>(channel.Value);

    public IWebhookWatchGrain Watch(ChannelId channel) => grains.GetGrain<IWebhookWatchGrain>(channel.Value);

    public IGoLiveGrain GoLive(ChannelId channel) => grains.GetGrain<IGoLiveGrain>(channel.Value);

    /// <summary>The product as last committed, or null.</summary>
    public async Task<ProductSnapshot?> FindAsync(Caller caller, string id)
    {
        // An id is opaque, but never empty, huge or with a slash: such a key would name another grain.
        if (id.Length is 0 or > MaxIdLength || id.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        var snapshot = await Product(caller.Tenant, id).GetAsync();
        return snapshot?.Product.Tenant == caller.Tenant ? snapshot : null;
    }

    public async Task<ChannelSettings?> FindChannelAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        (await directory.GetAsync(caller.Tenant, cancellationToken)).Channels.FirstOrDefault(c => c.Id.Value == id);

    public ValueTask<TenantSettings> SettingsAsync(Caller caller, CancellationToken cancellationToken) => directory.GetAsync(caller.Tenant, cancellationToken);

    /// <summary>Changes the merge rules and lets every product plan anew.</summary>
    public async Task<TenantSettings> SetPolicyAsync(Caller caller, Func<TenantPolicy, TenantPolicy> change, CancellationToken cancellationToken)
    {
        var tenant = Tenant(caller);
        var now = await tenant.GetAsync(knownVersion: -1);
        return await SpreadAsync(caller, await tenant.SetPolicyAsync(change(now?.Policy ?? TenantPolicy.Default)), cancellationToken);
    }

    /// <summary>Makes new settings known here at once, and lets every product plan anew in the background.</summary>
    public async Task<TenantSettings> SpreadAsync(Caller caller, TenantSettings settings, CancellationToken cancellationToken)
    {
        await directory.RefreshAsync(caller.Tenant, settings.Version, cancellationToken);
        if (!settings.Channels.IsEmpty)
        {
            await GoLive(settings.Channels[0].Id).RefreshAllAsync(settings.Version);
        }

        return settings;
    }
}
