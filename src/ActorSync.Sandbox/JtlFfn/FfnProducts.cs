using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>Products: what a merchant may write, and what refuses it. A member that is not known is lost without a word.</summary>
public sealed class FfnProducts(FfnState state, FfnLedger ledger)
{
    /// <summary>What a patch may name, by the object it stands in. The rest of specifications is decided when the product is made.</summary>
    private static readonly Dictionary<string, string[]> Patchable = new(StringComparer.Ordinal)
    {
        [""] = ["name", "merchantSku", "productGroup", "originCountry", "manufacturer", "weight", "netWeight", "note", "identifier", "specifications", "dimensions", "attributes", "netRetailPrice", "bundles", "condition"],
        ["identifier"] = ["mpn", "ean", "isbn", "upc", "asin"],
        ["mpn"] = ["manufacturer", "partNumber"],
        ["specifications"] = ["billOfMaterialsComponents", "fnsku", "hazardIdentifier", "taric", "unNumber", "isPackaging"],
        ["dimensions"] = ["width", "length", "height"],
        ["netRetailPrice"] = ["amount", "currency"],
    };

    public FfnProduct Create(ProductData data, Author author, DateTimeOffset? at = null, bool isAuthorized = false)
    {
        ProductRules.Check(data);
        if (state.BySku(data.MerchantSku!) is { } twin)
        {
            throw FfnErrors.DuplicateProduct.With($"Duplicate Product with Jfsku '{twin.Jfsku}' and MerchantSku '{data.MerchantSku}'", ("MerchantSku", data.MerchantSku!), ("Jfsku", twin.Jfsku));
        }

        var now = at ?? state.Now;
        var product = new FfnProduct
        {
            Jfsku = FfnIds.Numbered(FfnIds.Product, state.Next("product")),
            Data = data with { Specifications = WithLists(data.Specifications), Attributes = ProductRules.Typed(data.Attributes) ?? [], Bundles = data.Bundles ?? [] },
            CreatedAt = now,
            AuthorizedAt = isAuthorized ? now : null,
        }.With(new Modification(now, "New", author.Application, author.User));
        state.Put(product);
        return product;
    }

    /// <summary>Members that are not sent stay; lists are replaced whole; null empties.</summary>
    public FfnProduct Patch(string jfsku, JsonElement body, Author author)
    {
        var product = state.Product(jfsku) ?? throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, jfsku);
        if (!product.IsActive)
        {
            throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, jfsku);
        }

        var merged = FfnJson.Node(product.Data);
        Merge(merged, body, "");
        var data = FfnBody.Read<ProductData>(merged);
        ProductRules.Check(data);
        if (product.Data.Condition is { } condition && data.Condition != condition)
        {
            throw FfnErrors.ConditionAlreadySet.With($"The condition of the product '{jfsku}' has already been set and cannot be changed", ("Jfsku", jfsku));
        }

        if (state.BySku(data.MerchantSku!) is { } twin && twin.Jfsku != jfsku)
        {
            throw FfnErrors.DuplicateKey.With("The given key already exists", ("MerchantSku", data.MerchantSku!), ("Jfsku", twin.Jfsku));
        }

        return Changed(product with { Data = data with { Specifications = WithLists(data.Specifications), Attributes = ProductRules.Typed(data.Attributes) ?? [], Bundles = data.Bundles ?? [] } }, "Modified", author);
    }

    public void Delete(string jfsku, Author author)
    {
        var product = state.Product(jfsku) ?? throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, jfsku);
        if (!product.IsActive)
        {
            throw FfnErrors.AlreadyInactive.With($"Product '{jfsku}' is already inactive", ("Jfsku", jfsku));
        }

        var open = state.Outbounds.Where(o => !o.IsOver && o.Items.Any(i => i.Jfsku == jfsku)).Select(o => o.MerchantOutboundNumber).ToList();
        if (open.Count > 0)
        {
            throw FfnErrors.OpenOutbounds.With($"Could not delete product '{jfsku}' because it is still referenced by open outbounds ({string.Join(',', open)}).", ("MerchantOutboundNumbers", string.Join(',', open)), ("Jfsku", jfsku));
        }

        foreach (var warehouse in FfnIds.Warehouses.Where(w => !state.Levels(jfsku, w.Id).IsZero))
        {
            throw FfnErrors.QuantityNotZero.With($"Quantity is not 0 for Product '{jfsku}', Warehouse '{warehouse.Id}'", ("Jfsku", jfsku), ("WarehouseId", warehouse.Id));
        }

        Changed(product with { IsActive = false, AuthorizedAt = null }, "Deleted", author);
        foreach (var warehouse in FfnIds.Warehouses.Where(w => state.ChangesOf(jfsku, w.Id).Count > 0))
        {
            ledger.Write(jfsku, warehouse.Id, FfnLedger.Deleted, default, author);
        }
    }

    public FfnProduct Authorize(FfnProduct product, Author author) => Changed(product with { AuthorizedAt = state.Now }, "Modified", author);

    public void Withdraw(FfnProduct product, Author author)
    {
        foreach (var warehouse in FfnIds.Warehouses.Where(w => !state.Levels(product.Jfsku, w.Id).IsZero))
        {
            throw FfnErrors.QuantityNotZero.With($"Quantity is not 0 for Product '{product.Jfsku}', Warehouse '{warehouse.Id}'", ("Jfsku", product.Jfsku), ("WarehouseId", warehouse.Id));
        }

        Changed(product with { AuthorizedAt = null }, "Modified", author);
    }

    private FfnProduct Changed(FfnProduct product, string objectState, Author author)
    {
        var changed = product.With(new Modification(state.Now, objectState, author.Application, author.User));
        state.Put(changed);
        return changed;
    }

    private static ProductSpecifications WithLists(ProductSpecifications? sent) => (sent ?? ProductSpecifications.Plain) with { BillOfMaterialsComponents = sent?.BillOfMaterialsComponents ?? [] };

    private static void Merge(JsonObject into, JsonElement body, string name)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (Array.Find(Patchable[name], known => string.Equals(known, member.Name, StringComparison.OrdinalIgnoreCase)) is not { } known)
            {
                continue;
            }

            if (member.Value.ValueKind == JsonValueKind.Object && Patchable.ContainsKey(known))
            {
                if (into[known] is not JsonObject inner)
                {
                    into[known] = inner = [];
                }

                Merge(inner, member.Value, known);
            }
            else if (member.Value.ValueKind == JsonValueKind.Null)
            {
                // These two always are; without them a patch would forget that the goods are divisible.
                if (known is "identifier" or "specifications")
                {
                    throw FfnErrors.Invalid(known, $"{known} cannot be emptied as a whole.");
                }

                into.Remove(known);
            }
            else
            {
                into[known] = JsonNode.Parse(member.Value.GetRawText());
            }
        }
    }
}

/// <summary>What must be there and how long it may be.</summary>
public static class ProductRules
{
    private const int Field = 255;
    private const int LongText = 4096;
    private static readonly string[] AttributeTypes = ["String", "Integer", "Decimal", "Boolean", "Date"];
    private static readonly string[] Conditions = ["Unknown", "Default", "Refurbished", "Used", "Damaged"];

    public static void Check(ProductData data)
    {
        var problems = new List<(string Message, string? Target)>();
        void Fits(string target, string? value, int most, bool isRequired = false)
        {
            if ((isRequired && string.IsNullOrEmpty(value)) || value?.Length > most)
            {
                problems.Add(($"{target} {(isRequired ? "is required and " : "")}may have at most {most} characters.", target));
            }
        }

        void Need(bool isGood, string target, string message)
        {
            if (!isGood)
            {
                problems.Add((message, target));
            }
        }

        Fits("name", data.Name, Field, isRequired: true);
        Fits("merchantSku", data.MerchantSku, Field, isRequired: true);
        Fits("productGroup", data.ProductGroup, Field);
        Fits("manufacturer", data.Manufacturer, Field);
        Fits("note", data.Note, LongText);
        Need(data.OriginCountry is null or { Length: 2 }, "originCountry", $"originCountry is '{data.OriginCountry}' but must have two letters.");
        Need(data.Identifier is not null, "identifier", "identifier is required; it may be empty.");
        Need(data.Identifier?.Mpn is null or { Manufacturer: not null, PartNumber: not null }, "identifier.mpn", "identifier.mpn needs manufacturer and partNumber.");
        Fits("identifier.ean", data.Identifier?.Ean, Field);
        Fits("identifier.upc", data.Identifier?.Upc, Field);
        Need(data.Dimensions is null or { Length: not null, Height: not null }, "dimensions", "dimensions needs length and height.");
        Need(data.NetRetailPrice is null or { Amount: not null, Currency.Length: 3 }, "netRetailPrice", "netRetailPrice needs amount and a currency of three letters.");
        Need(data.Condition is null || Conditions.Contains(data.Condition), "condition", $"condition is '{data.Condition}' but must be one of {string.Join(", ", Conditions)}.");
        Need(data.Specifications is null or { IsBatch: not null, IsDivisible: not null, IsBestBefore: not null, IsSerialNumber: not null, IsBillOfMaterials: not null, IsPackaging: not null },
            "specifications", "specifications needs isBatch, isDivisible, isBestBefore, isSerialNumber, isBillOfMaterials and isPackaging.");
        Need(data.Specifications?.BillOfMaterialsComponents?.All(c => c.Quantity is not null) != false, "specifications.billOfMaterialsComponents", "Every component needs a quantity.");
        Fits("specifications.taric", data.Specifications?.Taric, Field);
        foreach (var attribute in data.Attributes ?? [])
        {
            Fits("attributes.key", attribute.Key, Field, isRequired: true);
            Need(attribute.Value is { Length: <= LongText }, "attributes.value", $"Every attribute needs a value of at most {LongText} characters.");
            Need(attribute.AttributeType is null || AttributeTypes.Contains(attribute.AttributeType), "attributes.attributeType", $"attributeType is '{attribute.AttributeType}' but must be one of {string.Join(", ", AttributeTypes)}.");
        }

        foreach (var bundle in data.Bundles ?? [])
        {
            Fits("bundles.name", bundle.Name, Field, isRequired: true);
            Need(bundle.Quantity is not null, "bundles.quantity", "Every bundle needs a quantity.");
        }

        if (problems.Count > 0)
        {
            throw FfnErrors.Invalid(problems);
        }
    }

    /// <summary>An attribute without a type is text.</summary>
    public static IReadOnlyList<ProductAttribute>? Typed(IReadOnlyList<ProductAttribute>? attributes) => attributes is null ? null : [.. attributes.Select(a => a.AttributeType is null ? a with { AttributeType = "String" } : a)];
}

/// <summary>Turns a body into what a call takes; what has the wrong type is named.</summary>
public static class FfnBody
{
    public static T Read<T>(JsonElement body) => Read(() => body.Deserialize<T>(FfnJson.Options)!);

    public static T Read<T>(JsonNode body) => Read(() => body.Deserialize<T>(FfnJson.Options)!);

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException wrong)
        {
            throw FfnErrors.Invalid(wrong.Path?.TrimStart('$', '.') ?? "", $"The value at {wrong.Path ?? "$"} has the wrong type.");
        }
    }
}
