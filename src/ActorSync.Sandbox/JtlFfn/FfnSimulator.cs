using System.Text.Json;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>A fulfillment network at /jtl-ffn with one merchant, one fulfiller and two warehouses: login, merchant API, and the pages of the warehouse.</summary>
public sealed class FfnSimulator : ISimulator
{
    public const string ChannelName = "jtl-ffn";

    private readonly SimulatorContext core;
    private readonly FfnState state;
    private readonly FfnSettings settings = new();
    private readonly FfnLogins logins;
    private readonly FfnProducts products;
    private readonly FfnLedger ledger;
    private readonly FfnOutbounds outbounds;
    private readonly FfnRender render;
    private readonly FfnSeed seed;
    private readonly FfnApi api;

    public FfnSimulator(SimulatorContext context)
    {
        core = context;
        state = new FfnState(context.Store, context.Clock);
        logins = new FfnLogins(state, settings);
        ledger = new FfnLedger(state);
        products = new FfnProducts(state, ledger);
        outbounds = new FfnOutbounds(state, ledger, settings);
        render = new FfnRender(state);
        seed = new FfnSeed(state, products, ledger, outbounds, context.Catalogue);
        api = new FfnApi(state, logins, settings, new FfnCalls(state, products, outbounds, new FfnStockCalls(state, render, settings), render, settings), context.Stats);
        if (state.IsEmpty)
        {
            Seed();
        }
    }

    public string Name => ChannelName;

    public ShopCard Card { get; } = new("JTL-FFN demo warehouse", FfnPages.Root, $"{FfnApi.ApiRoot}/v1/merchant",
        $"OAuth 2 at {FfnApi.Root}/authorize and {FfnOAuth.TokenPath}, client id {FfnLogins.ClientId}, client secret {FfnLogins.ClientSecret}; merchant {FfnIds.Merchant}");

    public IReadOnlyList<string> ApiPaths { get; } = [FfnApi.ApiRoot, FfnOAuth.TokenPath];

    public ChannelFaults Faults => core.Faults;

    public ChannelStats Stats => core.Stats;

    public int ProductsHeld => state.Do(() => state.Products.Count(p => p.IsActive));

    public void Map(WebApplication app)
    {
        api.Map(app);
        new FfnOAuth(logins, settings, core.Stats).Map(app);
        new FfnControl(state, settings, logins, ledger, outbounds).Map(app);
        new FfnPages(state, products, ledger, outbounds, render).Map(app);
    }

    /// <summary>An order of one line that reserves and is shipped at once, from the first warehouse that has enough.</summary>
    public ValueTask<SellResult> SellAsync(string sku, int quantity, CancellationToken cancellationToken) => ValueTask.FromResult(state.Do(() =>
    {
        if (state.BySku(sku) is not { } product)
        {
            return SellResult.Refused(sku, $"No product has the SKU '{sku}'.");
        }

        var before = render.Total(product.Jfsku).Available;
        if (FfnIds.Warehouses.FirstOrDefault(w => state.Levels(product.Jfsku, w.Id).Available >= quantity) is not { } warehouse)
        {
            return SellResult.Refused(sku, $"No warehouse has {quantity} of '{sku}'; together they have {before}.");
        }

        try
        {
            var outbound = outbounds.Create(FfnSeed.Order(product, warehouse.Id, quantity, $"SO-{state.Next("sale"):D6}"), oversale: false, Author.OtherProgram);
            outbounds.Ship(outbound.OutboundId, wanted: null, packages: 1, Author.Warehouse);
            return new SellResult(Sold: true, sku, before, render.Total(product.Jfsku).Available, Problem: null);
        }
        catch (FfnRefusedException refused)
        {
            return SellResult.Refused(sku, refused.Message);
        }
    }));

    public ValueTask<EditResult> EditAsync(NeutralEdit edit, CancellationToken cancellationToken) => ValueTask.FromResult(state.Do(() =>
    {
        try
        {
            return Edit(edit);
        }
        catch (FfnRefusedException refused)
        {
            return EditResult.Refused(refused.Message);
        }
    }));

    /// <summary>The network knows no variants: each becomes a product, and the first is answered.</summary>
    public ValueTask<NeutralProduct> CreateAsync(SeedProduct product, CancellationToken cancellationToken) => ValueTask.FromResult(state.Do(() =>
    {
        var made = new List<FfnProduct>();
        foreach (var variant in product.Variants)
        {
            var named = variant.Sku.Length > 0 ? variant : variant with { Sku = $"OHNE-{state.Next("unnamed"):D4}" };
            made.Add(state.BySku(named.Sku) ?? seed.Add(product, named));
            seed.Stock(made[^1], variant.StockBerlin, variant.StockHamburg);
        }

        return Neutral(made[0]);
    }));

    public IReadOnlyList<NeutralProduct> List(int limit, int offset) =>
        state.Do(() => (IReadOnlyList<NeutralProduct>)[.. state.Products.Where(p => p.IsActive).OrderBy(p => p.CreatedAt).ThenBy(p => p.Jfsku, StringComparer.Ordinal).Skip(offset).Take(limit).Select(Neutral)]);

    public NeutralProduct? FindBySku(string sku) => state.Do(() =>
        (state.BySku(sku) ?? state.Products.FirstOrDefault(p => p.IsActive && string.Equals(p.Data.MerchantSku, sku, StringComparison.OrdinalIgnoreCase))) is { } product ? Neutral(product) : null);

    public void Reset()
    {
        settings.Reset();
        state.ClockShift = TimeSpan.Zero;
        state.Clear();
        Seed();
    }

    public Task WriteThrottledAsync(HttpContext context) => api.WriteThrottledAsync(context);

    public Task WriteServerErrorAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return Task.CompletedTask;
    }

    private void Seed() => state.Do(() =>
    {
        seed.Fill();
        return true;
    });

    private EditResult Edit(NeutralEdit edit)
    {
        var product = edit.ProductId is { } id ? state.Product(id) : state.BySku(edit.Sku ?? "");
        if (product is not { IsActive: true })
        {
            return EditResult.Refused(edit.ProductId is null ? $"No product has the SKU '{edit.Sku}'." : $"No product has the id '{edit.ProductId}'.");
        }

        var foreign = new (string Name, bool IsSent)[]
        {
            ("description", edit.Description is not null), ("compareAtPrice", edit.CompareAtPrice is not null || edit.ClearCompareAtPrice), ("status", edit.Status is not null), ("tags", edit.Tags is not null), ("deleteVariant", edit.DeleteVariant),
        };
        if (foreign.FirstOrDefault(f => f.IsSent).Name is { } unknown)
        {
            return EditResult.Refused($"A warehouse has no {unknown}.");
        }

        if (edit.Delete)
        {
            products.Delete(product.Jfsku, Author.Warehouse);
            return new EditResult(Product: null, Problem: null);
        }

        var warehouse = edit.Location is null ? FfnIds.Warehouses[0] : FfnIds.Warehouses.FirstOrDefault(w => w.Id == edit.Location || w.Name == edit.Location);
        if (warehouse is null)
        {
            return EditResult.Refused($"There is no warehouse '{edit.Location}'. Known: {string.Join(", ", FfnIds.Warehouses.Select(w => w.Id))}.");
        }

        var patch = new Dictionary<string, object>(StringComparer.Ordinal);
        void Take(string name, object? value)
        {
            if (value is not null)
            {
                patch[name] = value;
            }
        }

        Take("name", edit.Title);
        Take("merchantSku", edit.NewSku);
        Take("manufacturer", edit.Vendor);
        Take("productGroup", edit.ProductType);
        Take("identifier", edit.Barcode is null ? null : new { ean = edit.Barcode });
        Take("netRetailPrice", edit.Price is null ? null : new { amount = edit.Price, currency = "EUR" });
        if (patch.Count > 0)
        {
            product = products.Patch(product.Jfsku, JsonSerializer.SerializeToElement(patch), Author.Warehouse);
        }

        if (edit.Stock is { } stock)
        {
            ledger.Adjust(product, warehouse.Id, new Amounts(stock - state.Levels(product.Jfsku, warehouse.Id).Available, 0, 0, 0), Author.Warehouse);
        }

        return new EditResult(Neutral(product), Problem: null);
    }

    private NeutralProduct Neutral(FfnProduct product) => new()
    {
        Id = product.Jfsku,
        Title = product.Data.Name!,
        Description = "",
        Status = "active",
        Vendor = product.Data.Manufacturer,
        ProductType = product.Data.ProductGroup,
        Tags = [],
        Variants =
        [
            new NeutralVariant
            {
                Id = product.Jfsku,
                Sku = product.Data.MerchantSku!,
                Barcode = product.Data.Identifier?.Ean,
                Price = product.Data.NetRetailPrice?.Amount,
                Stock = FfnIds.Warehouses.ToDictionary(w => w.Name, w => state.Levels(product.Jfsku, w.Id).Available, StringComparer.Ordinal),
                UpdatedAt = product.ChangedAt,
            },
        ],
        CreatedAt = product.CreatedAt,
        UpdatedAt = product.ChangedAt,
        EditUrl = core.Options.BaseAddress + FfnPages.AddressOf(product.Jfsku),
    };
}
