using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>/products/categories, /products/tags, /products/brands, /products/attributes and their terms.</summary>
public sealed class WooTerms(WooShop shop, WooProductJson render)
{
    public WooAnswer Answer(WooRequest request) => request.Path.Skip(1).ToArray() switch
    {
        ["categories", .. var rest] => Terms(request, WooShop.Category, "products/categories", rest),
        ["tags", .. var rest] => Terms(request, WooShop.Tag, "products/tags", rest),
        ["brands", .. var rest] => Terms(request, WooShop.Brand, "products/brands", rest),
        ["attributes", var id, "terms", .. var rest] => Terms(request, Attribute(id).Slug, $"products/attributes/{id}/terms", rest),
        ["attributes"] when request.IsRead => WooAnswer.Ok(new JsonArray([.. shop.Attributes.OrderBy(a => a.Name, StringComparer.OrdinalIgnoreCase).Select(a => (JsonNode)request.Trim(Attribute(a), isSingle: false))])),
        ["attributes"] when request.Method == "POST" => CreateAttribute(request),
        ["attributes", var id] when request.IsRead => WooAnswer.Ok(request.Trim(Attribute(Attribute(id)), isSingle: true)),
        _ => throw WooRestException.NoRoute(),
    };

    private WooAnswer Terms(WooRequest request, string taxonomy, string path, string[] rest) => rest switch
    {
        [] when request.IsRead => List(request, taxonomy, path),
        [] when request.Method == "POST" => Create(request, taxonomy, path),
        [var id] when request.IsRead => WooAnswer.Ok(request.Trim(Term(Find(taxonomy, id), path), isSingle: true)),
        [var id] when request.IsWrite => Update(request, Find(taxonomy, id), path),
        [var id] when request.Method == "DELETE" => Delete(request, Find(taxonomy, id), path),
        _ => throw WooRestException.NoRoute(),
    };

    private WooAnswer List(WooRequest request, string taxonomy, string path)
    {
        var found = shop.Terms.Where(t => t.Taxonomy == taxonomy);
        if (request.Parameter("search") is { Length: > 0 } words)
        {
            // Compared with the stored text, in which an ampersand is an entity: searching "A & B" finds nothing, as measured.
            found = found.Where(t => t.Name.Contains(words, StringComparison.OrdinalIgnoreCase));
        }

        if (request.Parameter("slug") is { Length: > 0 } slug)
        {
            found = found.Where(t => t.Slug == slug);
        }

        if (request.Parameter("parent") is { Length: > 0 } parent)
        {
            found = found.Where(t => t.Parent.ToString(CultureInfo.InvariantCulture) == parent);
        }

        if (request.List("include") is { Count: > 0 } ids)
        {
            found = found.Where(t => ids.Contains(t.Id.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal));
        }

        var by = request.OneOf("orderby", "name", "id", "include", "name", "slug", "term_group", "description", "count");
        var sorted = (by is "id" or "include" ? found.OrderBy(t => t.Id) : by == "slug" ? found.OrderBy(t => t.Slug, StringComparer.Ordinal) : found.OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase)).ToList();
        if (request.OneOf("order", "asc", "asc", "desc") == "desc")
        {
            sorted.Reverse();
        }

        return WooAnswer.List(request, shop.Home, sorted, t => Term(t, path));
    }

    private WooAnswer Create(WooRequest request, string taxonomy, string path)
    {
        WooSchema.Check(request.Body, WooSchema.Term);
        var name = WooText.Name(Text(request.Body, "name"));
        if (name.Length == 0)
        {
            throw new WooRestException(400, "rest_missing_callback_param", "Missing parameter(s): name", new JsonObject { ["params"] = new JsonArray("name") });
        }

        var parent = request.Body.TryGetProperty("parent", out var number) && number.TryGetInt64(out var id) ? id : 0;
        if (shop.FindTerm(taxonomy, name, parent) is { } existing)
        {
            var where = taxonomy == WooShop.Category ? "with this parent" : "in this taxonomy";
            throw new WooRestException(400, "term_exists", $"A term with the name provided already exists {where}.", new JsonObject { ["resource_id"] = existing.Id });
        }

        var term = shop.AddTerm(taxonomy, name, Text(request.Body, "slug"), parent, WooText.Content(Text(request.Body, "description")));
        return WooAnswer.Created(request.Trim(Term(term, path), isSingle: true), $"{shop.Home}/wp-json/wc/v3/{path}/{term.Id}");
    }

    /// <summary>Renaming moves no product's date and tells nobody.</summary>
    private WooAnswer Update(WooRequest request, WooTerm term, string path)
    {
        WooSchema.Check(request.Body, WooSchema.Term);
        var changed = term with
        {
            Name = request.Body.TryGetProperty("name", out _) ? WooText.Name(Text(request.Body, "name")) : term.Name,
            Description = request.Body.TryGetProperty("description", out _) ? WooText.Content(Text(request.Body, "description")) : term.Description,
        };
        shop.Put(changed);
        return WooAnswer.Ok(request.Trim(Term(changed, path), isSingle: true), writes: 1);
    }

    private WooAnswer Delete(WooRequest request, WooTerm term, string path)
    {
        if (!request.IsForced)
        {
            throw new WooRestException(501, "woocommerce_rest_trash_not_supported", "Resource does not support trashing.");
        }

        foreach (var product in shop.Posts.Where(p => p.CategoryIds.Contains(term.Id) || p.TagIds.Contains(term.Id) || p.BrandIds.Contains(term.Id)).ToList())
        {
            var changed = product.Clone();
            changed.CategoryIds.Remove(term.Id);
            changed.TagIds.Remove(term.Id);
            changed.BrandIds.Remove(term.Id);
            shop.Put(changed);
        }

        shop.Remove(term);
        return WooAnswer.Ok(request.Trim(Term(term, path), isSingle: true), writes: 1);
    }

    private WooAnswer CreateAttribute(WooRequest request)
    {
        var name = WooText.Field(Text(request.Body, "name"));
        var slug = WooText.Slug(Text(request.Body, "slug") is { Length: > 0 } given ? given : name);
        slug = slug.StartsWith("pa_", StringComparison.Ordinal) ? slug : $"pa_{slug}";
        if (shop.Attributes.Any(a => a.Slug == slug))
        {
            throw new WooRestException(400, "woocommerce_rest_cannot_create", $"Slug \"{slug[3..]}\" is already in use. Change it, please.");
        }

        var attribute = new WooGlobalAttribute(shop.NextId("attribute"), name, slug);
        shop.Put(attribute);
        return WooAnswer.Created(request.Trim(Attribute(attribute), isSingle: true), $"{shop.Home}/wp-json/wc/v3/products/attributes/{attribute.Id}");
    }

    private JsonObject Term(WooTerm term, string path)
    {
        var json = new JsonObject { ["id"] = term.Id, ["name"] = term.Name, ["slug"] = term.Slug };
        if (term.Taxonomy is WooShop.Category or WooShop.Brand)
        {
            json["parent"] = term.Parent;
        }

        json["description"] = term.Description;
        if (term.Taxonomy is WooShop.Category or WooShop.Brand)
        {
            json["display"] = "default";
            json["image"] = null;
        }

        if (term.Taxonomy != WooShop.Tag)
        {
            json["menu_order"] = 0;
        }

        json["count"] = shop.Posts.Count(p => p.Status == "publish" && (p.CategoryIds.Contains(term.Id) || p.TagIds.Contains(term.Id) || p.BrandIds.Contains(term.Id)));
        json["_links"] = render.Links($"{path}/{term.Id}", path);
        return json;
    }

    private JsonObject Attribute(WooGlobalAttribute attribute) => new()
    {
        ["id"] = attribute.Id,
        ["name"] = attribute.Name,
        ["slug"] = attribute.Slug,
        ["type"] = "select",
        ["order_by"] = "menu_order",
        ["has_archives"] = false,
        ["_links"] = render.Links($"products/attributes/{attribute.Id}", "products/attributes"),
    };

    private WooTerm Find(string taxonomy, string id) =>
        long.TryParse(id, CultureInfo.InvariantCulture, out var number) && shop.Term(number) is { } term && term.Taxonomy == taxonomy
            ? term
            : throw new WooRestException(404, "woocommerce_rest_term_invalid", "Resource does not exist.");

    private WooGlobalAttribute Attribute(string id) =>
        long.TryParse(id, CultureInfo.InvariantCulture, out var number) && shop.Attribute(number) is { } attribute
            ? attribute
            : throw new WooRestException(404, "woocommerce_rest_taxonomy_invalid", "Resource does not exist.");

    private static string Text(JsonElement body, string member) => body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
