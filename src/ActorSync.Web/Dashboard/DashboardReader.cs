using ActorSync.Web.Products;
using ActorSync.Web.Security;
using ActorSync.Web.Stock;

namespace ActorSync.Web.Dashboard;

/// <summary>A channel with all that its card shows.</summary>
public sealed record ChannelCard(ChannelSettings Settings, ChannelDescriptor Descriptor, StoreHealth Health, ImportProgress Import, LinkCounts Links)
{
    public bool IsImporting => Import.State is "running" or "waiting";

    /// <summary>Products that nothing will move but a person: ambiguous, undecided, failing.</summary>
    public long Waiting => Links.Undecided + Links.Failing + Links.ByStatus.GetValueOrDefault(LinkStatus.Ambiguous);

    /// <summary>The shop's own list of products: the folder of its edit pages.</summary>
    public Uri? ShopUrl => Names.EditUrl(Settings, "0", Descriptor) is { } page ? new Uri(new Uri(page), ".") : null;
}

/// <summary>A channel as a column of the product table.</summary>
public sealed record ChannelColumn(ChannelSettings Settings, ChannelDescriptor Descriptor);

/// <summary>One page of the product table, and the filter that it answers. Whether an import runs is only asked when there is nothing to show.</summary>
public sealed record ProductTable(Page<ProductListItem> Page, ProductQuery Query, IReadOnlyList<ChannelColumn> Channels, bool IsImporting, TenantSettings Settings);

/// <summary>The table's filter as it stands in the address.</summary>
public sealed record ProductQuery(string? Q, string? SyncStatus, string? Channel, string? Sort, string? Cursor)
{
    public bool IsFiltered => !string.IsNullOrEmpty(Q) || !string.IsNullOrEmpty(SyncStatus) || !string.IsNullOrEmpty(Channel);

    /// <summary>The same view with another cursor, as an address.</summary>
    public string At(string path, string? cursor)
    {
        var parts = new (string Name, string? Value)[] { ("q", Q), ("syncStatus", SyncStatus), ("channel", Channel), ("sort", Sort), ("cursor", cursor) };
        var query = string.Join('&', parts.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }
}

/// <summary>Everything that the home page shows.</summary>
public sealed record HomeView(Summary Summary, IReadOnlyList<ChannelCard> Channels, ProductTable Products, ChangesView Changes, ConflictsView Conflicts);

/// <summary>The newest changes.</summary>
public sealed record ChangesView(IReadOnlyList<ChangeGroup> Groups, TenantSettings Settings);

/// <summary>Open conflicts.</summary>
public sealed record ConflictsView(Page<ConflictItem> Page, TenantSettings Settings);

/// <summary>Sales that the stock's origin should have accounted for by now.</summary>
public sealed record OverdueView(IReadOnlyList<OverdueProduct> Products, string? NextCursor, TenantSettings Settings);

/// <summary>Reads what the pages show, from the same grains and read models as the API.</summary>
internal sealed class DashboardReader(Catalogue catalogue, IProductQueries queries, TimeProvider clock)
{
    private const int ShownChanges = 50;
    /// <summary>One act may have many lines (an import writes one per field); most acts have one or two.</summary>
    private const int ReadLines = 500;
    private const int ShownConflicts = 20;
    private const int ProductsPerPage = 25;

    public Catalogue Catalogue => catalogue;

    public async Task<HomeView> HomeAsync(Caller caller, ProductQuery query, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var channels = await ChannelsAsync(settings, cancellationToken);
        var counts = queries.CountBySyncStatusAsync(caller.Tenant, cancellationToken);
        var products = ProductsAsync(caller, query, cancellationToken);
        var changes = ChangesAsync(caller, cancellationToken);
        var conflicts = ConflictsAsync(caller, cancellationToken);
        var overdue = CountOverdueAsync(caller, settings, cancellationToken);
        return new HomeView(Summary.Of(await counts, channels, await overdue), channels, await products, await changes, await conflicts);
    }

    public async Task<Summary> SummaryAsync(Caller caller, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var overdue = CountOverdueAsync(caller, settings, cancellationToken);
        return Summary.Of(await queries.CountBySyncStatusAsync(caller.Tenant, cancellationToken), await ChannelsAsync(settings, cancellationToken), await overdue);
    }

    private Task<long> CountOverdueAsync(Caller caller, TenantSettings settings, CancellationToken cancellationToken) =>
        queries.CountUnaccountedAsync(caller.Tenant, clock.GetUtcNow() - settings.Policy.ReservationLifetime, Summary.MostOverdue, cancellationToken);

    /// <summary>Products with sales that are overdue, oldest first.</summary>
    public async Task<OverdueView> OverdueAsync(Caller caller, string? cursor, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var now = clock.GetUtcNow();
        var page = await queries.UnaccountedAsync(caller.Tenant, now - settings.Policy.ReservationLifetime, cursor, ProductsPerPage, cancellationToken);
        return new OverdueView([.. page.Items.Select(item => OverdueProduct.Of(item, settings.Policy, now))], page.NextCursor, settings);
    }

    public async Task<IReadOnlyList<ChannelCard>> ChannelsAsync(Caller caller, CancellationToken cancellationToken) =>
        await ChannelsAsync(await catalogue.SettingsAsync(caller, cancellationToken), cancellationToken);

    public async Task<ChangesView> ChangesAsync(Caller caller, CancellationToken cancellationToken) =>
        new(ChangeGroup.Of(await queries.RecentAsync(caller.Tenant, ReadLines, cancellationToken), ShownChanges), await catalogue.SettingsAsync(caller, cancellationToken));

    public async Task<ConflictsView> ConflictsAsync(Caller caller, CancellationToken cancellationToken) =>
        new(await queries.ConflictsAsync(caller.Tenant, null, ConflictState.Open, null, ShownConflicts, cancellationToken), await catalogue.SettingsAsync(caller, cancellationToken));

    private async Task<ChannelCard[]> ChannelsAsync(TenantSettings settings, CancellationToken cancellationToken) =>
        await Task.WhenAll(settings.Channels.Select(async channel =>
        {
            var health = catalogue.Store(channel.Id).GetHealthAsync();
            var import = catalogue.Import(channel.Id).GetAsync();
            var links = queries.CountLinksAsync(channel.Id, cancellationToken);
            return new ChannelCard(channel, catalogue.Directory.KindOf(channel).Descriptor, await health, await import, await links);
        }));

    public async Task<ProductTable> ProductsAsync(Caller caller, ProductQuery query, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var filter = new ProductFilter
        {
            Tenant = caller.Tenant,
            Q = string.IsNullOrWhiteSpace(query.Q) ? null : query.Q.Trim(),
            SyncStatus = query.SyncStatus is "SYNCED" or "PENDING" or "CONFLICT" or "ERROR" ? query.SyncStatus : null,
            Channel = settings.Channels.Any(c => c.Id.Value == query.Channel) ? new ChannelId(query.Channel!) : null,
            Sort = query.Sort is "name" or "-name" or "updatedAt" or "-updatedAt" ? query.Sort : "name",
            Cursor = string.IsNullOrEmpty(query.Cursor) ? null : query.Cursor,
            Limit = ProductsPerPage,
        };
        Page<ProductListItem> page;
        try
        {
            page = await queries.ListAsync(filter, cancellationToken);
        }
        catch (ArgumentException wrong) when (wrong.ParamName == "cursor")
        {
            // An address with a cursor of another sort: begin at the first page.
            query = query with { Cursor = null };
            page = await queries.ListAsync(filter with { Cursor = null }, cancellationToken);
        }

        var imports = page.Items.IsEmpty ? await Task.WhenAll(settings.Channels.Select(c => catalogue.Import(c.Id).GetAsync())) : [];
        return new ProductTable(page, query, [.. settings.Channels.Select(c => new ChannelColumn(c, catalogue.Directory.KindOf(c).Descriptor))],
            imports.Any(i => i.State is "running" or "waiting"), settings);
    }
}
