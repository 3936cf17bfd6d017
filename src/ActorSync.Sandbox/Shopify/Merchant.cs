using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.Shopify.Writes;

namespace ActorSync.Sandbox.Shopify;

/// <summary>The person at the keyboard and the customer at the till: they change the same shop as the API does, without being counted as it.</summary>
public sealed class Merchant(Shop shop, ShopWebhooks webhooks, SandboxOptions options)
{
    public async ValueTask<SellResult> SellAsync(string sku, int quantity, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            return Find(sku) is { } found ? Sell(found.Product, found.Variant, quantity) : SellResult.Refused(sku, $"No product of shopify has the SKU '{sku}'.");
        }
    }

    public async ValueTask<SellResult> SellAsync(long variantId, int quantity, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            return shop.Variant(variantId) is { } found ? Sell(found.Product, found.Variant, quantity) : SellResult.Refused("", "The variant is gone.");
        }
    }

    public async ValueTask<CancelResult> CancelOrderAsync(string order, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            return Cancel(order);
        }
    }

    public async ValueTask<EditResult> EditAsync(NeutralEdit edit, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            var result = Edit(edit);
            webhooks.Announce(shop.Commit());
            return result;
        }
    }

    public async ValueTask<NeutralProduct> CreateAsync(SeedProduct product, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            var made = ShopSeed.Add(shop, product, options.BaseAddress, shop.Now);
            webhooks.Announce(shop.Commit());
            return Neutral(made);
        }
    }

    public IReadOnlyList<NeutralProduct> List(int limit, int offset)
    {
        using (shop.Enter())
        {
            return [.. shop.Products.Values.Skip(offset).Take(limit).Select(Neutral)];
        }
    }

    public NeutralProduct? FindBySku(string sku)
    {
        using (shop.Enter())
        {
            return Find(sku) is { } found ? Neutral(found.Product) : null;
        }
    }

    /// <summary>For the pages: any read of the shop's records.</summary>
    public async Task<T> ReadAsync<T>(Func<Shop, T> read, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            return read(shop);
        }
    }

    /// <summary>For the pages: the manual collections of a product, by title; what the shop does not have is skipped and named.</summary>
    public async Task<IReadOnlyList<string>> CollectAsync(long productId, IReadOnlyCollection<string> titles, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            if (shop.Product(productId) is not { } product)
            {
                return [];
            }

            foreach (var collection in shop.Collections.All.Where(c => c.Rules is null).ToList())
            {
                if (titles.Contains(collection.Title, StringComparer.OrdinalIgnoreCase))
                {
                    CollectionWrites.Join(shop, collection.Id, product.Id);
                }
                else
                {
                    CollectionWrites.Leave(shop, collection.Id, product.Id);
                }
            }

            webhooks.Announce(shop.Commit());
            return [.. titles.Where(t => !shop.Collections.All.Any(c => c.Rules is null && string.Equals(c.Title, t, StringComparison.OrdinalIgnoreCase)))];
        }
    }

    /// <summary>For the pages: a change to one product; null deletes it.</summary>
    public async Task ChangeAsync(long productId, Func<ShopProduct, ShopProduct?> change, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            if (shop.Product(productId) is not { } product)
            {
                return;
            }

            if (change(product) is { } changed)
            {
                shop.Put(changed);
            }
            else
            {
                shop.Remove(product);
            }

            webhooks.Announce(shop.Commit());
        }
    }

    private SellResult Sell(ShopProduct product, ShopVariant variant, int quantity)
    {
        var sku = variant.Sku ?? "";
        var before = variant.InventoryQuantity;
        var level = variant.Levels.FirstOrDefault(l => l.Available >= quantity) ?? variant.Levels.FirstOrDefault(l => l.Available > 0);
        if (!variant.Tracked)
        {
            return new SellResult(Sold: true, sku, StockBefore: null, StockAfter: null, Problem: null, Place(product, variant, quantity, level: null));
        }

        if ((level is null || level.Available < quantity) && variant.Policy != "CONTINUE")
        {
            return SellResult.Refused(sku, $"'{sku}' has {before} left and may not be oversold; {quantity} were asked for at one location.");
        }

        level ??= variant.Levels.Count > 0 ? variant.Levels[0] : new ShopLevel { LocationId = Shop.Locations[0].Id, CreatedAt = shop.Now, UpdatedAt = shop.Now };
        return new SellResult(Sold: true, sku, before, before - quantity, Problem: null, Place(product, variant, quantity, level));
    }

    /// <summary>Order and count in one step, as at the till.</summary>
    private string Place(ShopProduct product, ShopVariant variant, int quantity, ShopLevel? level)
    {
        var order = new ShopOrder
        {
            Id = shop.NewId(),
            LineId = shop.NewId(),
            ProductId = product.Id,
            VariantId = variant.Id,
            Title = product.Title,
            Sku = variant.Sku,
            Price = variant.Price,
            Quantity = quantity,
            LocationId = level?.LocationId,
            CreatedAt = shop.Now,
            UpdatedAt = shop.Now,
        };
        if (level is not null)
        {
            shop.Put(product.WithVariant(variant.WithLevel(level.Add("available", -quantity))));
        }

        shop.Put(order);
        webhooks.Announce(shop.Commit());
        webhooks.Announce("ORDERS_CREATE", order);
        return order.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private CancelResult Cancel(string wanted)
    {
        if (!long.TryParse(wanted, System.Globalization.CultureInfo.InvariantCulture, out var id) || shop.Order(id) is not { } order)
        {
            return new CancelResult(Cancelled: false, wanted, $"Shopify has no order '{wanted}'.");
        }

        if (order.CancelledAt is not null)
        {
            return new CancelResult(Cancelled: false, wanted, $"Order '{wanted}' is cancelled already.");
        }

        var cancelled = order with { CancelledAt = shop.Now, UpdatedAt = shop.Now };
        shop.Put(cancelled);
        if (shop.Variant(order.VariantId) is { } found && found.Variant.Level(order.LocationId ?? 0) is { } level)
        {
            shop.Put(found.Product.WithVariant(found.Variant.WithLevel(level.Add("available", order.Quantity))));
        }

        webhooks.Announce(shop.Commit());
        webhooks.Announce("ORDERS_CANCELLED", cancelled);
        return new CancelResult(Cancelled: true, wanted, Problem: null);
    }

    private EditResult Edit(NeutralEdit edit)
    {
        var bySku = edit.Sku is { } sku ? Find(sku) : null;
        if (edit.Sku is not null && bySku is null)
        {
            return EditResult.Refused($"No product of shopify has the SKU '{edit.Sku}'.");
        }

        var product = bySku?.Product;
        if (edit.ProductId is { } id)
        {
            product = shop.Product(Gid.Parse(id)?.Number ?? (long.TryParse(id, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null));
        }

        if (product is null)
        {
            return EditResult.Refused(edit.ProductId is null ? "The edit names neither a product nor a SKU." : $"Shopify has no product '{edit.ProductId}'.");
        }

        if (edit.Delete)
        {
            shop.Remove(product);
            return new EditResult(Product: null, Problem: null);
        }

        if (edit.DeleteVariant)
        {
            return bySku is null ? EditResult.Refused("deleteVariant needs the SKU of the variant.")
                : product.Variants.Count == 1 ? EditResult.Refused("The last variant of a product cannot be deleted; delete the product.")
                : new EditResult(Neutral(VariantWrites.Without(shop, product, new HashSet<long> { bySku.Value.Variant.Id })), Problem: null);
        }

        if (edit.Title is not null && string.IsNullOrWhiteSpace(edit.Title))
        {
            return EditResult.Refused("title is blank; a product needs one.");
        }

        var changed = product with
        {
            Title = edit.Title?.Trim() ?? product.Title,
            DescriptionHtml = edit.Description is { } html ? ShopText.Html(html) : product.DescriptionHtml,
            Vendor = edit.Vendor ?? product.Vendor,
            ProductType = edit.ProductType ?? product.ProductType,
            Status = edit.Status?.ToUpperInvariant() ?? product.Status,
            Tags = edit.Tags is { } tags ? ShopText.Tags(tags) : product.Tags,
            Media = Pictures(product, edit),
        };
        if (bySku is null && (edit.Barcode is not null || edit.NewSku is not null || edit.Stock is not null) && product.Variants.Count != 1)
        {
            return EditResult.Refused($"The product has {product.Variants.Count} variants; barcode, newSku and stock need the SKU of one.");
        }

        var touched = bySku is { } one ? [one.Variant] : product.Variants;
        foreach (var variant in touched)
        {
            var edited = variant with
            {
                Price = edit.Price ?? variant.Price,
                CompareAtPrice = edit.ClearCompareAtPrice ? null : edit.CompareAtPrice ?? variant.CompareAtPrice,
                Barcode = edit.Barcode ?? variant.Barcode,
                Sku = edit.NewSku ?? variant.Sku,
            };
            if (edit.Stock is { } stock)
            {
                if (LocationOf(edit.Location) is not { } location)
                {
                    return EditResult.Refused($"location is '{edit.Location}'. Known: {string.Join(", ", Shop.Locations.Select(l => l.Name))}.");
                }

                var level = edited.Level(location.Id) ?? new ShopLevel { LocationId = location.Id, CreatedAt = shop.Now, UpdatedAt = shop.Now };
                edited = edited.WithLevel(level with { Available = stock });
            }

            changed = changed.WithVariant(edited);
        }

        return new EditResult(Neutral(shop.Put(changed)), Problem: null);
    }

    private List<ShopMedia> Pictures(ShopProduct product, NeutralEdit edit)
    {
        var media = product.Media.Select((picture, at) => at == edit.DescribeImage ? picture with { Alt = edit.ImageAlt ?? "" } : picture)
            .Where((_, at) => at != edit.RemoveImage).ToList();
        if (edit.AddImage is { } source)
        {
            shop.Pictures.Begin(source);
            media.Insert(Math.Clamp(edit.ImagePosition ?? media.Count, 0, media.Count), new ShopMedia(shop.NewId(), source, "", shop.Now, shop.ExactNow));
        }

        return media;
    }

    private static ShopLocation? LocationOf(string? name) =>
        name is null ? Shop.Locations[0] : Shop.Locations.FirstOrDefault(l => string.Equals(l.Name, name, StringComparison.OrdinalIgnoreCase) || Gid.Of("Location", l.Id) == name);

    private (ShopProduct Product, ShopVariant Variant)? Find(string sku)
    {
        foreach (var product in shop.Products.Values)
        {
            foreach (var variant in product.Variants)
            {
                if (string.Equals(variant.Sku, sku, StringComparison.OrdinalIgnoreCase))
                {
                    return (product, variant);
                }
            }
        }

        return null;
    }

    private NeutralProduct Neutral(ShopProduct p) => new()
    {
        Id = Gid.Of("Product", p.Id),
        Title = p.Title,
        Description = p.DescriptionHtml,
        Status = p.Status.ToLowerInvariant(),
        Vendor = p.Vendor,
        ProductType = p.ProductType,
        Tags = p.Tags,
        OptionNames = p.HasOnlyDefaultVariant ? [] : [.. p.Options.Select(o => o.Name)],
        ImageCount = p.Media.Count,
        Images = [.. p.Media.Select(shop.AddressOf)],
        Variants =
        [
            .. p.Variants.Select(v => new NeutralVariant
            {
                Id = Gid.Of("ProductVariant", v.Id),
                Sku = v.Sku ?? "",
                Barcode = v.Barcode,
                OptionValues = p.HasOnlyDefaultVariant ? [] : v.Values,
                Price = v.Price,
                CompareAtPrice = v.CompareAtPrice,
                Stock = v.Tracked ? v.Levels.ToDictionary(l => Shop.Location(l.LocationId)!.Name, l => (decimal)l.Available, StringComparer.Ordinal) : [],
                UpdatedAt = v.UpdatedAt,
            }),
        ],
        CreatedAt = p.CreatedAt,
        UpdatedAt = p.UpdatedAt,
        EditUrl = MerchantPages.AddressOf(p.Id),
    };
}
