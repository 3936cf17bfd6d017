using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>Stock: compare and write under the shop's one lock, all rows or none, each keyed mutation once.</summary>
public static class StockWrites
{
    public const string StaleMessage = "The changeFromQuantity argument no longer matches the persisted quantity.";
    private const int Bound = 1_000_000_000;

    private static readonly string[] Reasons =
    [
        "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received", "movement_updated", "other", "promotion",
        "quality_control", "received", "reservation_created", "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
    ];

    private static readonly string[] Adjustable = ["available", "damaged", "incoming", "quality_control", "reserved", "safety_stock"];

    public static StockResult Set(Shop shop, Input input)
    {
        var rows = input.List("quantities");
        Present(rows, "InventoryQuantityInput");
        var name = input.Text("name") ?? "";
        var errors = new List<ShopUserError>();
        if (name is not ("available" or "on_hand"))
        {
            errors.Add(new ShopUserError(["input", "name"], "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME"));
        }

        Reason(input, errors);
        var seen = rows.GroupBy(r => (r.Text("inventoryItemId"), r.Text("locationId"))).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        var changes = new List<(ItemRef Item, ShopLevel Level, int Delta)>();
        for (var i = 0; i < rows.Count && errors.TrueForAll(e => e.Code is not ("INVALID_NAME" or "INVALID_REASON")); i++)
        {
            string[] path = ["input", "quantities", i.ToString(CultureInfo.InvariantCulture)];
            if (seen.Contains((rows[i].Text("inventoryItemId"), rows[i].Text("locationId"))))
            {
                errors.Add(new ShopUserError([.. path, "locationId"], "The combination of inventoryItemId and locationId must be unique.", "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"));
                continue;
            }

            var quantity = rows[i].Number("quantity") ?? 0;
            if (!InBounds(quantity, name, path, errors) || Level(shop, rows[i], path, errors) is not { } at)
            {
                continue;
            }

            var current = name == "available" ? at.Level.Available : at.Level.OnHand;
            if (Expected(rows[i], current, path, errors))
            {
                changes.Add((at.Item, at.Level, quantity - current));
            }
        }

        return Apply(shop, input, errors, "available", [.. changes.Select(c => (c.Item, c.Level, c.Delta, (string?)null))]);
    }

    public static StockResult Adjust(Shop shop, Input input)
    {
        var rows = input.List("changes");
        Present(rows, "InventoryChangeInput");
        var name = input.Text("name") ?? "";
        var errors = new List<ShopUserError>();
        if (!Adjustable.Contains(name, StringComparer.Ordinal))
        {
            errors.Add(new ShopUserError(["input", "name"], $"The specified quantity name is invalid. Valid values are: {string.Join(", ", Adjustable)}.", "INVALID_QUANTITY_NAME"));
            return new StockResult(Group: null, errors);
        }

        Reason(input, errors);
        if (rows.Select(r => r.Text("ledgerDocumentUri")).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            errors.Add(new ShopUserError(["input", "changes"],
                "All changes must have the same ledger document URI or, in the case of adjusting available, no ledger document URI.", "MAX_ONE_LEDGER_DOCUMENT"));
        }

        var changes = new List<(ItemRef, ShopLevel, int, string?)>();
        for (var i = 0; i < rows.Count && errors.TrueForAll(e => e.Code is not ("INVALID_REASON" or "MAX_ONE_LEDGER_DOCUMENT")); i++)
        {
            string[] path = ["input", "changes", i.ToString(CultureInfo.InvariantCulture)];
            Ledger(rows[i].Text("ledgerDocumentUri"), name, path, errors);
            if (Level(shop, rows[i], path, errors) is { } at && Expected(rows[i], at.Level.Quantity(name) ?? 0, path, errors))
            {
                var delta = rows[i].Number("delta") ?? 0;
                if (Math.Abs((long)delta + (at.Level.Quantity(name) ?? 0)) > Bound)
                {
                    errors.Add(new ShopUserError([.. path, "delta"], "The quantity can't be higher than 1,000,000,000.", "INVALID_QUANTITY_TOO_HIGH"));
                    continue;
                }

                changes.Add((at.Item, at.Level, delta, rows[i].Text("ledgerDocumentUri")));
            }
        }

        return Apply(shop, input, errors, name, changes);
    }

    public static (LevelRef? Level, IReadOnlyList<ShopUserError> Errors) Activate(Shop shop, Gid? itemId, Gid? locationId, int? available, int? onHand)
    {
        if (itemId is not { Type: "InventoryItem" } || locationId is not { Type: "Location" })
        {
            throw RefusedException.InvalidId();
        }

        if (Shop.Location(locationId.Value.Number) is not { } location)
        {
            return (null, [new ShopUserError(["locationId"], "The product couldn't be stocked because the location wasn't found.")]);
        }

        var refusal = $"The product couldn't be stocked at {location.Name} because ";
        if (shop.Item(itemId.Value.Number) is not { } item)
        {
            return (null, [new ShopUserError(["inventoryItemId"], refusal + "the product was deleted.")]);
        }

        if (available is not null && onHand is not null)
        {
            const string Both = "not allowed to set available and on_hand quantities at the same time.";
            return (null, [new ShopUserError(["available"], refusal + Both), new ShopUserError(["onHand"], refusal + Both)]);
        }

        var (field, quantity) = available is not null ? ("available", available.Value) : ("onHand", onHand ?? 0);
        if (Math.Abs((long)quantity) > Bound)
        {
            return (null, [new ShopUserError([field], refusal + "the quantity needs to be between -1 billion and 1 billion.")]);
        }

        if (item.Variant.Level(location.Id) is { } active)
        {
            List<ShopUserError> already = (available, onHand) switch
            {
                (not null, _) => [new ShopUserError(["available"], "Not allowed to set available quantity when the item is already active at the location.")],
                (_, not null) => [new ShopUserError(["onHand"], "Not allowed to set an on_hand quantity when the item is already active at the location.")],
                _ => [],
            };
            return (new LevelRef(item.Product, item.Variant, active), already);
        }

        var level = new ShopLevel { LocationId = location.Id, Available = quantity, CreatedAt = shop.Now, UpdatedAt = shop.Now };
        var product = shop.Put(item.Product.WithVariant(item.Variant.WithLevel(level)));
        var variant = product.Variant(item.Variant.Id)!;
        return (new LevelRef(product, variant, variant.Level(location.Id)!), []);
    }

    public static Payload UpdateItem(Shop shop, Gid? id, Input input)
    {
        if (id is not { Type: "InventoryItem" })
        {
            throw RefusedException.InvalidId();
        }

        if (shop.Item(id.Value.Number) is not { } item)
        {
            return new Payload([new ShopUserError(["id"], "The product couldn't be updated because it does not exist.")]) { ["inventoryItem"] = null };
        }

        var errors = new List<ShopUserError>();
        var variant = VariantFields.ApplyItem(item.Variant, input, ["input"], twice: null, errors);
        if (errors.Count > 0)
        {
            return new Payload(errors) { ["inventoryItem"] = null };
        }

        var product = shop.Put(item.Product.WithVariant(variant));
        return new Payload([]) { ["inventoryItem"] = new ItemRef(product, product.Variant(variant.Id)!) };
    }

    /// <summary>Runs a mutation once per key: the same key and input answers again what it answered first, for 24 hours.</summary>
    public static T Once<T>(Shop shop, string mutation, string? key, JsonElement arguments, Func<T> run, Func<ShopUserError, T> refuse)
    {
        if (key is null)
        {
            throw new RefusedException("BAD_REQUEST", "The @idempotent directive is required for this mutation but was not provided.");
        }

        if (string.IsNullOrWhiteSpace(key))
        {
            throw new RefusedException("BAD_REQUEST", "The idempotency key cannot be blank.");
        }

        var id = $"{mutation} {key}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(arguments.GetRawText())));
        if (shop.Answer(id) is { } answer)
        {
            return answer.InputHash == hash && JsonSerializer.Deserialize<T>(answer.ResultJson) is { } before
                ? before
                : refuse(new ShopUserError(Field: null, "The same idempotency key cannot be used with different operation parameters.", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"));
        }

        var result = run();
        shop.Remember(new IdempotentAnswer(id, hash, JsonSerializer.Serialize(result), shop.ExactNow));
        return result;
    }

    private static void Present(IReadOnlyList<Input> rows, string type)
    {
        if (rows.Any(r => !r.Has("changeFromQuantity")))
        {
            throw new RefusedException("INVALID_FIELD_ARGUMENTS", $"{type} must include the following argument: changeFromQuantity.");
        }
    }

    private static void Reason(Input input, List<ShopUserError> errors)
    {
        if (!Reasons.Contains(input.Text("reason"), StringComparer.Ordinal))
        {
            errors.Add(new ShopUserError(["input", "reason"], $"The specified reason is invalid. Valid values are: {string.Join(", ", Reasons)}.", "INVALID_REASON"));
        }
    }

    private static void Ledger(string? uri, string name, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        IReadOnlyList<string> field = [.. path, "ledgerDocumentUri"];
        if (name == "available")
        {
            if (uri is not null)
            {
                errors.Add(new ShopUserError(field, "A ledger document URI is not allowed when adjusting available.", "INVALID_AVAILABLE_DOCUMENT"));
            }
        }
        else if (uri is null)
        {
            errors.Add(new ShopUserError(field, "A ledger document URI is required except when adjusting available.", "INVALID_QUANTITY_DOCUMENT"));
        }
        else if (uri.StartsWith("gid://shopify/", StringComparison.Ordinal))
        {
            errors.Add(new ShopUserError(field, "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API.", "INTERNAL_LEDGER_DOCUMENT"));
        }
    }

    private static bool InBounds(int quantity, string name, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        ShopUserError? error = quantity switch
        {
            > Bound => new ShopUserError([.. path, "quantity"], "The quantity can't be higher than 1,000,000,000.", "INVALID_QUANTITY_TOO_HIGH"),
            < -Bound => new ShopUserError([.. path, "quantity"], "The quantity can't be lower than -1,000,000,000.", "INVALID_QUANTITY_TOO_LOW"),
            < 0 when name == "on_hand" => new ShopUserError([.. path, "quantity"], "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"),
            _ => null,
        };
        if (error is not null)
        {
            errors.Add(error);
        }

        return error is null;
    }

    private static (ItemRef Item, ShopLevel Level)? Level(Shop shop, Input row, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        var item = row.Id("inventoryItemId") is { Type: "InventoryItem" } itemId ? shop.Item(itemId.Number) : throw RefusedException.InvalidId();
        var location = row.Id("locationId") is { Type: "Location" } locationId ? Shop.Location(locationId.Number) : throw RefusedException.InvalidId();
        if (item is null)
        {
            errors.Add(new ShopUserError([.. path, "inventoryItemId"], "The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM"));
        }

        if (location is null)
        {
            errors.Add(new ShopUserError([.. path, "locationId"], "The specified location could not be found.", "INVALID_LOCATION"));
        }

        if (item is null || location is null)
        {
            return null;
        }

        if (item.Value.Variant.Level(location.Id) is { } level)
        {
            return (new ItemRef(item.Value.Product, item.Value.Variant), level);
        }

        errors.Add(new ShopUserError([.. path, "locationId"], "The specified inventory item is not stocked at the location.", "ITEM_NOT_STOCKED_AT_LOCATION"));
        return null;
    }

    private static bool Expected(Input row, int current, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        if (row.Number("changeFromQuantity") is not { } expected || expected == current)
        {
            return true;
        }

        errors.Add(new ShopUserError([.. path, "changeFromQuantity"], StaleMessage, "CHANGE_FROM_QUANTITY_STALE"));
        return false;
    }

    private static StockResult Apply(
        Shop shop, Input input, List<ShopUserError> errors, string name, IReadOnlyList<(ItemRef Item, ShopLevel Level, int Delta, string? Ledger)> changes)
    {
        var real = changes.Where(c => c.Delta != 0).ToList();
        if (errors.Count > 0 || real.Count == 0)
        {
            return new StockResult(Group: null, errors);
        }

        var rows = new List<StockChange>();
        foreach (var (item, level, delta, ledger) in real)
        {
            // Read again: two rows may touch two levels of one product.
            var (product, variant) = shop.Item(item.Variant.ItemId)!.Value;
            shop.Put(product.WithVariant(variant.WithLevel(variant.Level(level.LocationId)!.Add(name, delta))));
            rows.Add(new StockChange(name, delta, variant.ItemId, level.LocationId, ledger));
        }

        // All rows of one quantity first, then what they did to the units on hand.
        List<StockChange> onHand = name == "incoming" ? [] : [.. rows.Select(r => r with { Name = "on_hand", Ledger = null })];
        return new StockResult(new StockGroup(shop.NewId(), shop.Now, input.Text("reason") ?? "", input.Text("referenceDocumentUri"), [.. rows, .. onHand]), []);
    }
}

/// <summary>The answer of a stock mutation, kept as data so that a repeated key can answer it again.</summary>
public sealed record StockResult(StockGroup? Group, IReadOnlyList<ShopUserError> Errors);

public sealed record StockGroup(long Id, DateTimeOffset CreatedAt, string Reason, string? Reference, IReadOnlyList<StockChange> Changes);

public sealed record StockChange(string Name, int Delta, long ItemId, long LocationId, string? Ledger);

public sealed record ActivateResult(long? ItemId, long? LocationId, IReadOnlyList<ShopUserError> Errors);
