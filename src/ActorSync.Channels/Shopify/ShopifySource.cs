using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>Reading: pages of all products, changes, single products, and what an earlier create may have left behind. Products are complete or the read fails.</summary>
internal sealed class ShopifySource(ShopifyClient client, ChannelId channel)
{
    /// <summary>Costs step up with the logarithm of the page; 34 would already cost a seventh more.</summary>
    public const int PageSize = 33;
    /// <summary>How many products one nodes query asks for: its price for long lists is not documented.</summary>
    private const int ReadChunk = 25;
    /// <summary>Shopify allows 2,048 variants per product, in pages of 50, with headroom.</summary>
    private const int MaxVariantPages = 50;
    private const int MaxLevelPages = 20;
    private const int MaxCollectionPages = 20;
    /// <summary>Shopify's paging ends at 25,000 objects: past this many a new window by id begins.</summary>
    private const int ProductsPerWindow = 20_000;
    private const int MaxPollPages = 10;
    private const string TooDear = "MAX_COST_EXCEEDED";
    /// <summary>The search index lags writes by seconds, so each poll looks back this far behind the start of the one before.</summary>
    private static readonly TimeSpan PollOverlap = TimeSpan.FromSeconds(90);
    /// <summary>Versions are whole seconds: one that young may come again with another content.</summary>
    private static readonly TimeSpan SecondMayGoOn = TimeSpan.FromSeconds(2);

    /// <summary>One page, and what a first page tells of the others.</summary>
    public async Task<(SourcePage Page, FirstPage? First)> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        var at = ImportCursor.Parse(cursor);
        long? total = null;
        if (cursor is null)
        {
            var counted = await client.SendAsync(ShopifyOperations.ProductsCount, [], Lane.Content, cancellationToken);
            total = counted.Root("productsCount") is { } count ? count.GetProperty("count").GetInt64() : null;
        }

        var (answer, startedAt) = await PageAsync(
            ShopifyOperations.ProductsPage, size, at.After, at.WindowAfter is { } id ? $"id:>{id}" : null, cancellationToken);
        var page = await CompleteAsync(answer, "products", startedAt, ObservationSource.Import, cancellationToken);
        if (page.Fault is not null || answer.Root("products") is not { } products)
        {
            return (page, null);
        }

        var first = cursor is not null || answer.Cost is not { } cost ? null : new FirstPage(
            page.Items.Length,
            page.Items.Sum(item => 1 + item.Body.Variants.Length + item.Body.Variants.Sum(variant => variant.Stock.Length)
                + (item.Body.Images?.Length ?? 0) + item.Body.Sets.GetValueOrDefault(ShopifyFields.Collections, []).Length),
            cost.Actual ?? cost.Requested,
            cost.RestorePerSecond,
            (client.Clock.GetUtcNow() - startedAt).TotalSeconds);
        return (page with { NextCursor = at.Next(ShopifyMapper.NextCursor(products), page.Items), Total = total }, first);
    }

    /// <summary>
    /// What changed since the window's begin. Windows overlap because the search lags; what the last poll showed in its final form is not shown again, so
    /// that a quiet shop gives empty pages.
    /// </summary>
    public async Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        var now = client.Clock.GetUtcNow() + client.ClockOffset;
        if (ShopifyPollCursor.Parse(cursor) is not { } at)
        {
            return new SourcePage { Items = [], NextCursor = ShopifyPollCursor.From(now - PollOverlap).ToString() };
        }

        // A scan that was cut short goes on where it stopped; the next window begins where this scan began.
        var began = at.ScanBegan ?? now;
        var after = at.After;
        var items = ImmutableArray.CreateBuilder<Observation>();
        var settled = at.Seen.ToBuilder();
        for (var pageNumber = 0; pageNumber < MaxPollPages; pageNumber++)
        {
            var (answer, startedAt) = await PageAsync(
                ShopifyOperations.ProductsChanged, size, after, $"updated_at:>='{at.Since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}'", cancellationToken);
            var page = await CompleteAsync(answer, "products", startedAt, ObservationSource.Poll, cancellationToken);
            if (page.Fault is not null)
            {
                return page;
            }

            var surely = Stamp.At(startedAt + client.ClockOffset - SecondMayGoOn);
            foreach (var item in page.Items)
            {
                if (at.Seen.GetValueOrDefault(item.Body.ExternalId) != item.Body.Version.Seconds)
                {
                    items.Add(item);
                }

                if (item.Body.Version < surely)
                {
                    settled[item.Body.ExternalId] = item.Body.Version.Seconds;
                }
            }

            after = answer.Root("products") is { } products ? ShopifyMapper.NextCursor(products) : null;
            if (after is null)
            {
                return new SourcePage { Items = items.ToImmutable(), NextCursor = ShopifyPollCursor.From(began - PollOverlap).With(settled).ToString(), HasMore = false };
            }
        }

        return new SourcePage { Items = items.ToImmutable(), NextCursor = (at with { ScanBegan = began, After = after }).With(settled).ToString(), HasMore = true };
    }

    public async Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken)
    {
        var items = ImmutableArray.CreateBuilder<Observation>(externalIds.Length);
        var open = new Stack<string[]>(externalIds.Chunk(ReadChunk).Reverse());
        while (open.TryPop(out var chunk))
        {
            var startedAt = client.Clock.GetUtcNow();
            var (found, fault) = await FetchAsync([.. chunk.Where(ShopifyGid.IsNumber)], cancellationToken);
            if (fault is { Code: TooDear } && chunk.Length > 1)
            {
                open.Push(chunk[(chunk.Length / 2)..]);
                open.Push(chunk[..(chunk.Length / 2)]);
                continue;
            }

            if (fault is not null)
            {
                return new SourcePage { Items = [], Fault = fault };
            }

            foreach (var id in chunk)
            {
                var body = found.GetValueOrDefault(id) ?? new ObservedProduct { ExternalId = id, Version = Stamp.Zero, Deleted = true };
                items.Add(Observed(body, ObservationSource.Read, startedAt));
            }
        }

        return new SourcePage { Items = items.ToImmutable() };
    }

    private async Task<(Dictionary<string, ObservedProduct> Found, ChannelFault? Fault)> FetchAsync(string[] ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, ObservedProduct>(StringComparer.Ordinal);
        if (ids.Length == 0)
        {
            return (found, null);
        }

        var answer = await client.SendAsync(
            ShopifyOperations.ProductsByIds, new JsonObject { ["ids"] = Ids(ids.Select(ShopifyGid.Product)) }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            return (found, fault);
        }

        if (answer.Root("nodes") is not { } nodes)
        {
            // Without the list, absence proves nothing: no product may be taken for deleted.
            return (found, new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = "ACCESS_DENIED", Message = answer.Denied is [var denied, ..] ? denied : "Shopify's answer holds no list of products." });
        }

        foreach (var node in nodes.EnumerateArray().Where(node => ShopifyMapper.Child(node, "id") is not null))
        {
            var (product, failure) = await WholeAsync(node, cancellationToken);
            if (failure is not null)
            {
                return (found, failure);
            }

            found[product.ExternalId] = product;
        }

        // Fields that the token may not see come as null: a node that is null for that reason is not a deleted product.
        return answer.Denied.IsEmpty || found.Count == ids.Length
            ? (found, null)
            : (found, new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = "ACCESS_DENIED", Message = answer.Denied[0] });
    }

    /// <summary>By the hub id that we store at Shopify, else by SKU. The search lags, so only the hub id proves that our own create did not happen.</summary>
    public async Task<FoundProduct> FindAsync(ProductId product, IEnumerable<string> skus, CancellationToken cancellationToken)
    {
        var byId = await client.SendAsync(ShopifyOperations.ProductByHubId, new JsonObject { ["value"] = product.Value }, Lane.Content, cancellationToken);
        // Without the definition no product can carry the id.
        if (byId.Fault is { Code: not "NOT_FOUND" } fault)
        {
            return new FoundProduct { Fault = fault };
        }

        if (byId.Root("productByIdentifier") is { } node)
        {
            var (whole, failure) = await WholeAsync(node, cancellationToken);
            return failure is null ? new FoundProduct { Product = whole } : new FoundProduct { Fault = failure };
        }

        var wanted = skus.Select(sku => sku.Trim()).Where(sku => sku.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxSkusSearched).ToArray();
        if (wanted.Length == 0)
        {
            return new FoundProduct();
        }

        var search = string.Join(" OR ", wanted.Select(sku => "sku:" + Quoted(sku)));
        var answer = await client.SendAsync(ShopifyOperations.VariantsBySku, new JsonObject { ["query"] = search }, Lane.Content, cancellationToken);
        if (answer.Fault is { } searchFault)
        {
            return new FoundProduct { Fault = searchFault };
        }

        // The search is looser than equality, so each hit is compared again.
        var ids = ShopifyMapper.Nodes(answer.Root("productVariants"))
            .Where(hit => ShopifyMapper.Child(hit, "sku") is { ValueKind: JsonValueKind.String } sku && wanted.Contains(sku.GetString()!.Trim(), StringComparer.OrdinalIgnoreCase))
            .Select(hit => ShopifyGid.Number(hit.GetProperty("product").GetProperty("id").GetString()!))
            .Distinct(StringComparer.Ordinal).ToArray();
        switch (ids)
        {
            case []:
                return new FoundProduct();
            case [var only]:
                var read = await ReadAsync([only], cancellationToken);
                return read.Fault is { } readFault ? new FoundProduct { Fault = readFault }
                    : read.Items[0].Body is { Deleted: false } body ? Judge(body, product) : new FoundProduct();
            default:
                return new FoundProduct { Obstacle = $"SKUs of this product are used by {ids.Length} products at Shopify ({string.Join(", ", ids)})." };
        }
    }

    private const int MaxSkusSearched = 10;

    private static FoundProduct Judge(ObservedProduct body, ProductId product) => body.HubId is null || body.HubId == product.Value
        ? new FoundProduct { Product = body }
        : new FoundProduct { Obstacle = $"Its SKU belongs to product {body.ExternalId} at Shopify, which carries the id of another hub product ({body.HubId})." };

    /// <summary>A node with all its variants and all their levels: what the page cut off is fetched.</summary>
    public async Task<(ObservedProduct Product, ChannelFault? Fault)> WholeAsync(JsonElement node, CancellationToken cancellationToken)
    {
        var product = ShopifyMapper.Product(node);
        if (ShopifyMapper.Child(node, "collections") is { } collections && ShopifyMapper.NextCursor(collections) is { } beyond)
        {
            var (titles, failure) = await CollectionsAsync(product.ExternalId, ShopifyMapper.CollectionTitles(collections), beyond, cancellationToken);
            if (failure is not null)
            {
                return (product, failure);
            }

            product = product with { Sets = product.Sets.Add(ShopifyFields.Collections, titles) };
        }

        if (product.Images is null && ShopifyMapper.Child(node, "media") is { ValueKind: JsonValueKind.Object })
        {
            // Shopify takes 250 media per product, so one page holds them all.
            var media = await client.SendAsync(ShopifyOperations.MediaOfProduct, new JsonObject { ["id"] = ShopifyGid.Product(product.ExternalId) }, Lane.Content, cancellationToken);
            if (media.Fault is { } broken)
            {
                return (product, broken);
            }

            product = product with { Images = media.Root("product") is { } shown ? ShopifyMedia.Of(shown) : null };
        }

        var variants = product.Variants.ToBuilder();
        if (await CompleteLevelsAsync(ShopifyMapper.Nodes(ShopifyMapper.Child(node, "variants")), variants, 0, cancellationToken) is { } levels)
        {
            return (product, levels);
        }

        var after = ShopifyMapper.Child(node, "variants") is { } connection ? ShopifyMapper.NextCursor(connection) : null;
        for (var page = 0; after is not null && page < MaxVariantPages; page++)
        {
            var answer = await client.SendAsync(
                ShopifyOperations.VariantsOfProduct, new JsonObject { ["id"] = ShopifyGid.Product(product.ExternalId), ["after"] = after }, Lane.Content, cancellationToken);
            if (answer.Fault is { } fault)
            {
                return (product, fault);
            }

            if (answer.Root("product") is not { } rest || ShopifyMapper.Child(rest, "variants") is not { } more)
            {
                return (product with { Variants = variants.ToImmutable(), VariantsComplete = false }, null);
            }

            var first = variants.Count;
            variants.AddRange(ShopifyMapper.Nodes(more).Select(ShopifyMapper.Variant));
            if (await CompleteLevelsAsync(ShopifyMapper.Nodes(more), variants, first, cancellationToken) is { } moreLevels)
            {
                return (product, moreLevels);
            }

            after = ShopifyMapper.NextCursor(more);
        }

        return (product with { Variants = variants.ToImmutable(), VariantsComplete = after is null && ShopifyMapper.Child(node, "variants") is not null }, null);
    }

    private async Task<(ImmutableArray<string> Titles, ChannelFault? Fault)> CollectionsAsync(
        string productId, ImmutableArray<string> first, string after, CancellationToken cancellationToken)
    {
        var titles = first.ToBuilder();
        string? next = after;
        for (var page = 0; next is not null; page++)
        {
            var answer = await client.SendAsync(
                ShopifyOperations.CollectionsOfProduct, new JsonObject { ["id"] = ShopifyGid.Product(productId), ["after"] = next }, Lane.Content, cancellationToken);
            if (answer.Fault is { } fault)
            {
                return ([], fault);
            }

            if (page >= MaxCollectionPages || answer.Root("product") is not { } product || ShopifyMapper.Child(product, "collections") is not { } more)
            {
                return ([], new ChannelFault { Kind = ChannelFaultKind.Transient, Code = "INCOMPLETE", Message = $"The collections of product {productId} could not be read to the end." });
            }

            titles.AddRange(ShopifyMapper.CollectionTitles(more));
            next = ShopifyMapper.NextCursor(more);
        }

        return (titles.ToImmutable(), null);
    }

    /// <summary>The pictures of these products (by gid) in their order, with the versions of the products.</summary>
    public async Task<(Dictionary<string, ObservedProduct> Found, ChannelFault? Fault)> PicturesAsync(ImmutableArray<string> products, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, ObservedProduct>(StringComparer.Ordinal);
        foreach (var chunk in products.Chunk(PageSize))
        {
            var answer = await client.SendAsync(ShopifyOperations.PicturesOfProducts, new JsonObject { ["ids"] = Ids(chunk) }, Lane.Content, cancellationToken);
            if (answer.Fault is { } fault)
            {
                return (found, fault);
            }

            foreach (var node in answer.Root("nodes")?.EnumerateArray().Where(node => ShopifyMapper.Child(node, "id") is not null) ?? [])
            {
                var product = ShopifyMapper.Product(node);
                found[product.ExternalId] = product;
            }
        }

        return (found, null);
    }

    public Observation Observed(ObservedProduct body, ObservationSource source, DateTimeOffset startedAt) => new()
    {
        Channel = channel,
        Body = body,
        Source = source,
        ReadStartedAt = startedAt,
        ReceivedAt = client.Clock.GetUtcNow(),
        ClockOffset = client.ClockOffset,
    };

    public static JsonArray Ids(IEnumerable<string> gids) => new([.. gids.Select(gid => (JsonNode)gid)]);

    /// <summary>A value in Shopify's search language; without quotes and escapes it would be read as several terms.</summary>
    internal static string Quoted(string value) =>
        "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    /// <summary>One page. Shopify re-weighs costs now and then: a page that has become too dear is asked for in smaller ones.</summary>
    private async Task<(ShopifyAnswer Answer, DateTimeOffset StartedAt)> PageAsync(
        ShopifyOperation operation, int size, string? after, string? query, CancellationToken cancellationToken)
    {
        for (var first = Math.Clamp(size, 1, PageSize); ; first /= 2)
        {
            var startedAt = client.Clock.GetUtcNow();
            var answer = await client.SendAsync(operation, new JsonObject { ["first"] = first, ["after"] = after, ["query"] = query }, Lane.Content, cancellationToken);
            if (first == 1 || answer.Fault is not { Code: TooDear })
            {
                return (answer, startedAt);
            }
        }
    }

    private async Task<SourcePage> CompleteAsync(
        ShopifyAnswer answer, string root, DateTimeOffset startedAt, ObservationSource source, CancellationToken cancellationToken)
    {
        if (answer.Fault is { } fault)
        {
            return new SourcePage { Items = [], Fault = fault };
        }

        if (answer.Root(root) is not { } connection)
        {
            var denied = answer.Denied is [var first, ..] ? first : "Shopify's answer holds no products.";
            return new SourcePage { Items = [], Fault = new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = "ACCESS_DENIED", Message = denied } };
        }

        var items = ImmutableArray.CreateBuilder<Observation>();
        foreach (var node in ShopifyMapper.Nodes(connection))
        {
            var (product, failure) = await WholeAsync(node, cancellationToken);
            if (failure is not null)
            {
                return new SourcePage { Items = [], Fault = failure };
            }

            items.Add(Observed(product, source, startedAt));
        }

        return new SourcePage { Items = items.ToImmutable() };
    }

    private async Task<ChannelFault?> CompleteLevelsAsync(
        IEnumerable<JsonElement> nodes, ImmutableArray<ObservedVariant>.Builder variants, int first, CancellationToken cancellationToken)
    {
        var index = first - 1;
        foreach (var node in nodes)
        {
            index++;
            if (ShopifyMapper.Child(node, "inventoryItem") is not { ValueKind: JsonValueKind.Object } item || ShopifyMapper.Child(item, "inventoryLevels") is not { } connection)
            {
                continue;
            }

            var tracked = ShopifyMapper.Child(item, "tracked") is not { ValueKind: JsonValueKind.False };
            var after = ShopifyMapper.NextCursor(connection);
            for (var page = 0; after is not null && page < MaxLevelPages; page++)
            {
                var answer = await client.SendAsync(
                    ShopifyOperations.LevelsOfItem, new JsonObject { ["id"] = item.GetProperty("id").GetString(), ["after"] = after }, Lane.Content, cancellationToken);
                if (answer.Fault is { } fault)
                {
                    return fault;
                }

                if (answer.Root("inventoryItem") is not { } rest || ShopifyMapper.Child(rest, "inventoryLevels") is not { } more)
                {
                    break;
                }

                variants[index] = variants[index] with { Stock = variants[index].Stock.AddRange(ShopifyMapper.Nodes(more).Select(level => ShopifyMapper.Level(level, tracked))) };
                after = ShopifyMapper.NextCursor(more);
            }
        }

        return null;
    }

    /// <summary>Where a scan by id stands: Shopify's own cursor, and the window that it belongs to.</summary>
    private sealed record ImportCursor(string? WindowAfter, int Seen, string? After)
    {
        public static ImportCursor Parse(string? text) => text?.Split('|', 3) is [var window, var seen, var after] && int.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new ImportCursor(window.Length == 0 ? null : window, count, after.Length == 0 ? null : after)
            : new ImportCursor(null, 0, null);

        public string? Next(string? after, ImmutableArray<Observation> items)
        {
            if (after is null)
            {
                return null;
            }

            var seen = Seen + items.Length;
            return seen >= ProductsPerWindow && items is [.., var last] ? $"{last.Body.ExternalId}|0|" : $"{WindowAfter}|{seen}|{after}";
        }
    }
}

/// <summary>What a look-up before a create found.</summary>
internal sealed record FoundProduct
{
    /// <summary>The product to adopt; null = none.</summary>
    public ObservedProduct? Product { get; init; }
    /// <summary>Why neither adopting nor creating is safe, for people.</summary>
    public string? Obstacle { get; init; }
    public ChannelFault? Fault { get; init; }
}
