using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>/products, /products/{id}/variations and their batches.</summary>
public sealed class WooProducts(WooShop shop, WooProductWriter writer, WooProductJson render, WooHost host)
{
    private const int MostBatchItems = 100;
    private static readonly string[] AnyStatus = ["publish", "draft", "pending", "private", "future"];

    public WooAnswer Answer(WooRequest request) => request.Path.Skip(1).ToArray() switch
    {
        [] when request.IsRead => List(request),
        [] when request.Method == "POST" => Create(request),
        ["batch"] when request.IsWrite => Batch(request),
        [var id] when request.IsRead => WooAnswer.Ok(request.Trim(render.Product(Find(id, 404), request.IsEdit), isSingle: true)),
        [var id] when request.IsWrite => Update(request, id),
        [var id] when request.Method == "DELETE" => Delete(request, id),
        [var id, "variations"] when request.IsRead => ListVariations(request, Parent(id)),
        [var id, "variations"] when request.Method == "POST" => CreateVariation(request, Parent(id)),
        [var id, "variations", "batch"] when request.IsWrite => BatchVariations(request, Parent(id)),
        [var id, "variations", var variation] when request.IsRead => WooAnswer.Ok(request.Trim(render.Variation(FindVariation(Parent(id), variation), request.IsEdit), isSingle: true)),
        [var id, "variations", var variation] when request.IsWrite => UpdateVariation(request, Parent(id), variation),
        [var id, "variations", var variation] when request.Method == "DELETE" => DeleteVariation(request, Parent(id), variation),
        _ => throw WooRestException.NoRoute(),
    };

    private WooAnswer List(WooRequest request)
    {
        var searchesSku = request.Parameter("sku") is { Length: > 0 } || request.Parameter("search_sku") is { Length: > 0 } || request.Parameter("global_unique_id") is { Length: > 0 };
        var found = Filter(request, shop.Posts.Where(p => searchesSku || !p.IsVariation), AnyStatus);
        if (request.Parameter("type") is not null)
        {
            var type = request.OneOf("type", "", "simple", "grouped", "external", "variable");
            found = found.Where(p => p.Type == type);
        }

        if (request.List("category") is { Count: > 0 } categories)
        {
            found = found.Where(p => p.CategoryIds.Any(id => categories.Contains(id.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal)));
        }

        if (request.List("tag") is { Count: > 0 } tags)
        {
            found = found.Where(p => p.TagIds.Any(id => tags.Contains(id.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal)));
        }

        return WooAnswer.List(request, shop.Home, Sort(request, found), p => render.Product(p, request.IsEdit));
    }

    private WooAnswer ListVariations(WooRequest request, WooProduct parent) =>
        WooAnswer.List(request, shop.Home, Sort(request, Filter(request, shop.VariationsOf(parent.Id), ["publish", "private", "draft", "pending"])), v => render.Variation(v, request.IsEdit));

    private static IEnumerable<WooProduct> Filter(WooRequest request, IEnumerable<WooProduct> from, string[] anyStatus)
    {
        var status = request.OneOf("status", "any", "any", "future", "trash", "draft", "pending", "private", "publish");
        IReadOnlyList<string> statuses = request.List("include_status") is { Count: > 0 } included
            ? included.Contains("any", StringComparer.Ordinal) ? anyStatus : included
            : status == "any" ? anyStatus : [status];
        var excluded = request.List("exclude_status");
        var found = from.Where(p => statuses.Contains(p.Status, StringComparer.Ordinal) && !excluded.Contains(p.Status, StringComparer.Ordinal));
        if (request.Parameter("sku") is { Length: > 0 } whole)
        {
            var skus = request.List("sku").Append(whole).ToHashSet(StringComparer.OrdinalIgnoreCase);
            found = found.Where(p => p.Sku.Length > 0 && skus.Contains(p.Sku));
        }

        if (request.Parameter("search_sku") is { Length: > 0 } part)
        {
            found = found.Where(p => p.Sku.Contains(part, StringComparison.OrdinalIgnoreCase));
        }

        if (request.List("global_unique_id") is { Count: > 0 } gtins)
        {
            found = found.Where(p => gtins.Contains(p.GlobalUniqueId, StringComparer.Ordinal));
        }

        if (request.Parameter("search") is { Length: > 0 } words)
        {
            found = found.Where(p => p.Name.Contains(words, StringComparison.OrdinalIgnoreCase) || p.Description.Contains(words, StringComparison.OrdinalIgnoreCase));
        }

        if (request.Parameter("slug") is { Length: > 0 } slug)
        {
            found = found.Where(p => p.Slug == slug);
        }

        if (request.List("include") is { Count: > 0 } ids)
        {
            found = found.Where(p => ids.Contains(p.Id.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal));
        }

        if (request.List("exclude") is { Count: > 0 } without)
        {
            found = found.Where(p => !without.Contains(p.Id.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal));
        }

        if (request.Parameter("stock_status") is not null)
        {
            var stock = request.OneOf("stock_status", "", "instock", "outofstock", "onbackorder");
            found = found.Where(p => p.StockStatus == stock);
        }

        if (request.Date("modified_after") is { } modifiedAfter)
        {
            found = found.Where(p => p.Modified > modifiedAfter);
        }

        if (request.Date("modified_before") is { } modifiedBefore)
        {
            found = found.Where(p => p.Modified < modifiedBefore);
        }

        if (request.Date("after") is { } after)
        {
            found = found.Where(p => p.Created > after);
        }

        if (request.Date("before") is { } before)
        {
            found = found.Where(p => p.Created < before);
        }

        return found;
    }

    /// <summary>By date, newest first, unless asked otherwise; equal ones by id in the same direction.</summary>
    private static List<WooProduct> Sort(WooRequest request, IEnumerable<WooProduct> found)
    {
        var isAscending = request.OneOf("order", "desc", "asc", "desc") == "asc";
        var by = request.OneOf("orderby", "date", "date", "id", "include", "title", "slug", "price", "popularity", "rating", "menu_order", "modified");
        var include = request.List("include").Select((id, index) => (id, index)).GroupBy(i => i.id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().index, StringComparer.Ordinal);
        if (by == "include")
        {
            return [.. found.OrderBy(p => include.GetValueOrDefault(p.Id.ToString(CultureInfo.InvariantCulture)))];
        }

        var sorted = by switch
        {
            "id" => found.OrderBy(p => p.Id),
            "title" => found.OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase).ThenBy(p => p.Id),
            "slug" => found.OrderBy(p => p.Slug, StringComparer.Ordinal).ThenBy(p => p.Id),
            "price" => found.OrderBy(p => WooProductWriter.Number(p.RegularPrice)).ThenBy(p => p.Id),
            "popularity" or "rating" => found.OrderBy(p => p.TotalSales).ThenBy(p => p.Id),
            "menu_order" => found.OrderBy(p => p.MenuOrder).ThenBy(p => p.Id),
            "modified" => found.OrderBy(p => p.Modified).ThenBy(p => p.Id),
            _ => found.OrderBy(p => p.Created).ThenBy(p => p.Id),
        };
        var list = sorted.ToList();
        if (!isAscending)
        {
            list.Reverse();
        }

        return list;
    }

    private WooAnswer Create(WooRequest request)
    {
        WooSchema.Check(request.Body, WooSchema.Product);
        if (Id(request.Body) > 0)
        {
            throw new WooRestException(400, "woocommerce_rest_product_exists", "Cannot create existing product.");
        }

        var product = writer.CreateProduct(request.Body);
        return WooAnswer.Created(request.Trim(render.Product(product, isEdit: true), isSingle: true), $"{shop.Home}/wp-json/wc/v3/products/{product.Id}");
    }

    /// <summary>The id in the body, where there is one, beats the one in the address.</summary>
    private WooAnswer Update(WooRequest request, string id)
    {
        WooSchema.Check(request.Body, WooSchema.Product);
        var product = request.Body.TryGetProperty("id", out _) ? FindWritable(Id(request.Body)) : FindWritable(Parse(id));
        return WooAnswer.Ok(request.Trim(render.Product(writer.UpdateProduct(product, request.Body), isEdit: true), isSingle: true), writes: 1);
    }

    private WooAnswer Delete(WooRequest request, string id)
    {
        var product = Find(id, 404);
        if (product.IsVariation)
        {
            throw NotThroughProducts();
        }

        var last = request.Trim(render.Product(product, isEdit: true), isSingle: true);
        if (request.IsForced)
        {
            writer.Erase(product);
        }
        else if (product.Status == "trash")
        {
            throw new WooRestException(410, "woocommerce_rest_already_trashed", "The product has already been deleted.");
        }
        else
        {
            writer.Trash(product);
        }

        return WooAnswer.Ok(last, writes: 1);
    }

    private WooAnswer CreateVariation(WooRequest request, WooProduct parent)
    {
        WooSchema.Check(request.Body, WooSchema.Variation);
        var variation = writer.CreateVariation(parent, request.Body);
        // The real answer carries the route's pattern instead of the parent's id; nobody can follow it.
        return WooAnswer.Created(request.Trim(render.Variation(variation, isEdit: true), isSingle: true), $"{shop.Home}/wp-json/wc/v3/products/(?P<product_id>[\\d]+)/variations/{variation.Id}");
    }

    private WooAnswer UpdateVariation(WooRequest request, WooProduct parent, string id)
    {
        WooSchema.Check(request.Body, WooSchema.Variation);
        var variation = request.Body.TryGetProperty("id", out _) ? FindVariation(parent, Id(request.Body)) : FindVariation(parent, id);
        return WooAnswer.Ok(request.Trim(render.Variation(writer.UpdateVariation(parent, variation, request.Body), isEdit: true), isSingle: true), writes: 1);
    }

    private WooAnswer DeleteVariation(WooRequest request, WooProduct parent, string id)
    {
        var variation = FindVariation(parent, id);
        var last = request.Trim(render.Variation(variation, isEdit: true), isSingle: true);
        if (request.IsForced)
        {
            // There is nothing left that could be allowed.
            (last["_links"]?["self"]?[0] as JsonObject)?.Remove("targetHints");
            writer.Erase(variation);
        }
        else if (variation.Status == "trash")
        {
            throw new WooRestException(410, "woocommerce_rest_already_trashed", "The product_variation has already been deleted.");
        }
        else
        {
            writer.Trash(variation);
        }

        return WooAnswer.Ok(last, writes: 1);
    }

    private WooAnswer Batch(WooRequest request) => RunBatch(
        request,
        item => render.Product(writer.CreateProduct(item), isEdit: true),
        item => render.Product(writer.UpdateProduct(FindWritable(Id(item)), item), isEdit: true),
        id =>
        {
            var product = shop.Find(id) ?? throw WooRestException.InvalidProduct(404);
            var last = render.Product(product, isEdit: true);
            writer.Erase(product);
            return last;
        },
        id => id);

    private WooAnswer BatchVariations(WooRequest request, WooProduct parent) => RunBatch(
        request,
        item => render.Variation(writer.CreateVariation(Parent(parent.Id), item), isEdit: true),
        item => render.Variation(writer.UpdateVariation(Parent(parent.Id), FindVariation(parent, Id(item)), item), isEdit: true),
        id =>
        {
            var variation = FindVariation(parent, id);
            var last = render.Variation(variation, isEdit: true);
            writer.Erase(variation);
            return last;
        },
        id => new JsonObject { ["id"] = id, ["product_id"] = parent.Id, ["force"] = true });

    /// <summary>Items stand alone: no schema check, no transaction, one answer each in the order sent.</summary>
    private WooAnswer RunBatch(WooRequest request, Func<JsonElement, JsonObject> create, Func<JsonElement, JsonObject> update, Func<long, JsonObject> delete, Func<long, JsonNode> failedDeleteId)
    {
        var creates = Items(request.Body, "create");
        var updates = Items(request.Body, "update");
        var deletes = Items(request.Body, "delete");
        if (creates.Count + updates.Count + deletes.Count > MostBatchItems)
        {
            throw new WooRestException(413, "woocommerce_rest_request_entity_too_large", $"Unable to accept more than {MostBatchItems} items for this request.");
        }

        var writes = 0;
        var answer = new JsonObject();
        JsonNode Try(Func<JsonObject> act, Func<JsonNode?> failedId)
        {
            try
            {
                var done = act();
                writes++;
                return done;
            }
            catch (WooRestException refused)
            {
                return new JsonObject { ["id"] = failedId(), ["error"] = refused.ToJson() };
            }
        }

        if (creates.Count > 0)
        {
            answer["create"] = new JsonArray([.. creates.Select(item => Try(() => Alive(item, create), () => 0))]);
        }

        if (updates.Count > 0)
        {
            answer["update"] = new JsonArray([.. updates.Select(item => Try(() => Alive(item, update), () => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out _) ? Id(item) : null))]);
        }

        if (deletes.Count > 0)
        {
            answer["delete"] = new JsonArray([.. deletes.Select(Number).Where(id => id != 0).Select(id => Try(() => delete(id), () => failedDeleteId(id)))]);
        }

        return WooAnswer.Ok(TrimBatch(request, answer), writes);
    }

    private JsonObject Alive(JsonElement item, Func<JsonElement, JsonObject> act)
    {
        host.Survive(item);
        return act(item);
    }

    /// <summary>_fields works on the outer object and so takes away nearly everything.</summary>
    private static JsonObject TrimBatch(WooRequest request, JsonObject answer)
    {
        if (request.Fields.Count == 0)
        {
            return answer;
        }

        var kept = new JsonObject();
        foreach (var (name, list) in answer)
        {
            if (request.Fields.Contains(name, StringComparer.Ordinal))
            {
                kept[name] = list?.DeepClone();
            }
            else if (request.Fields.Any(f => f.StartsWith(name + ".", StringComparison.Ordinal)))
            {
                kept[name] = new JsonArray();
            }
        }

        return kept;
    }

    private WooProduct Find(string id, int status) => shop.Find(Parse(id)) ?? throw WooRestException.InvalidProduct(status);

    private WooProduct FindWritable(long id)
    {
        var product = shop.Find(id) ?? throw WooRestException.InvalidProduct(400);
        return product.IsVariation ? throw NotThroughProducts() : product;
    }

    private WooProduct Parent(string id) => Parent(Parse(id));

    private WooProduct Parent(long id) => shop.Find(id) is { IsVariation: false } parent
        ? parent
        : throw new WooRestException(404, "woocommerce_rest_product_invalid_id", "Invalid ID.");

    private WooProduct FindVariation(WooProduct parent, string id) => FindVariation(parent, Parse(id));

    private WooProduct FindVariation(WooProduct parent, long id) => shop.Find(id) is { } variation && variation.ParentId == parent.Id ? variation : throw WooRestException.InvalidVariation();

    private static WooRestException NotThroughProducts() =>
        new(404, "woocommerce_rest_invalid_product_id", "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.");

    /// <summary>Anything but digits matches no route.</summary>
    private static long Parse(string id) => id.All(char.IsAsciiDigit) && long.TryParse(id, CultureInfo.InvariantCulture, out var number) ? number : throw WooRestException.NoRoute();

    private static long Id(JsonElement item) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) ? Number(id) : 0;

    private static long Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out var number) => number,
        JsonValueKind.String when long.TryParse(value.GetString(), CultureInfo.InvariantCulture, out var number) => number,
        _ => 0,
    };

    private static List<JsonElement> Items(JsonElement body, string member) =>
        body.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];
}
