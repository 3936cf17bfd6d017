using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>Collections: made, changed, deleted, and which products a manual one lists. A rule-based one takes nothing by hand.</summary>
public static class CollectionWrites
{
    private const string DoesNotExist = "Collection does not exist";
    private const string Smart = "Can't manually add products to a smart collection";

    public static Payload Create(Shop shop, Input input)
    {
        if (input.Gives("id"))
        {
            return Payload([new ShopUserError(["id"], "id cannot be specified on collection creation")], collection: null);
        }

        var made = new ShopCollection { Id = shop.NewId(), Title = "", Handle = "", UpdatedAt = shop.Now };
        var errors = new List<ShopUserError>();
        made = Fill(shop, made, input, errors);
        if (input.Gives("products") && errors.Count == 0)
        {
            var index = 0;
            foreach (var id in input.List("products"))
            {
                if (shop.Product(Gid.Parse(id.Value.GetString())?.Number) is not { } product)
                {
                    errors.Add(new ShopUserError(["products", index.ToString(CultureInfo.InvariantCulture)], "Product does not exist"));
                }
                else if (!made.Products.Contains(product.Id))
                {
                    made = made with { Products = [.. made.Products, product.Id] };
                }

                index++;
            }
        }

        if (errors.Count == 0)
        {
            shop.Put(made);
        }

        return Payload(errors, errors.Count == 0 ? made : null);
    }

    public static Payload Update(Shop shop, Input input)
    {
        if (!input.Gives("id"))
        {
            throw new RefusedException("BAD_REQUEST", "Id must be specified on collection update");
        }

        if (Find(shop, input.Id("id")) is not { } old)
        {
            return Payload([new ShopUserError(["id"], DoesNotExist)], collection: null);
        }

        var errors = new List<ShopUserError>();
        var changed = Fill(shop, old, input, errors);
        if (errors.Count == 0)
        {
            shop.Put(changed);
        }

        return Payload(errors, errors.Count == 0 ? changed : old);
    }

    public static Payload Delete(Shop shop, Input input)
    {
        if (Find(shop, input.Id("id")) is not { } old)
        {
            return new Payload([new ShopUserError(["id"], DoesNotExist)]) { ["deletedCollectionId"] = null, ["shop"] = shop };
        }

        shop.RemoveCollection(old.Id);
        return new Payload([]) { ["deletedCollectionId"] = Gid.Of("Collection", old.Id), ["shop"] = shop };
    }

    /// <summary>collectionAddProducts and its second form, which answers with a job.</summary>
    public static Payload Add(Shop shop, Gid? id, IReadOnlyList<string> products, bool byJob)
    {
        var errors = new List<ShopUserError>();
        var collection = Find(shop, id);
        if (collection is null)
        {
            errors.Add(new ShopUserError(["id"], DoesNotExist, "COLLECTION_DOES_NOT_EXIST"));
        }
        else if (collection.Rules is not null)
        {
            errors.Add(new ShopUserError(["id"], Smart, "CANT_ADD_TO_SMART_COLLECTION"));
        }
        else
        {
            foreach (var product in Known(shop, products))
            {
                Join(shop, collection.Id, product);
            }
        }

        return byJob ? new Payload(errors) { ["job"] = errors.Count == 0 ? NewJob(shop) : null }
            : new Payload(errors) { ["collection"] = errors.Count == 0 ? shop.Collections.Find(collection!.Id) : null };
    }

    public static Payload Remove(Shop shop, Gid? id, IReadOnlyList<string> products)
    {
        if (Find(shop, id) is not { } collection)
        {
            return new Payload([new ShopUserError(["id"], DoesNotExist)]) { ["job"] = null };
        }

        if (collection.Rules is not null)
        {
            return new Payload([new ShopUserError(["id"], "Can't manually remove products from a smart collection")]) { ["job"] = null };
        }

        foreach (var product in Known(shop, products))
        {
            Leave(shop, collection.Id, product);
        }

        return new Payload([]) { ["job"] = NewJob(shop) };
    }

    /// <summary>collections of productSet and collectionsToJoin/Leave: what does not exist is skipped in silence; a rule-based one refuses.</summary>
    public static void Check(Shop shop, Input input, FieldPaths paths, List<ShopUserError> errors)
    {
        foreach (var field in (string[])["collections", "collectionsToJoin"])
        {
            if (Named(shop, input, field).Any(c => c.Rules is not null))
            {
                errors.Add(new ShopUserError(paths.Plain(field), Smart, "INVALID_INPUT"));
            }
        }
    }

    /// <summary>Membership as the input says, for a product that is stored already.</summary>
    public static void Apply(Shop shop, ShopProduct product, Input input)
    {
        if (input.Has("collections"))
        {
            var wanted = Named(shop, input, "collections").Select(c => c.Id).ToHashSet();
            foreach (var collection in shop.Collections.Of(product).Where(c => c.Rules is null && !wanted.Contains(c.Id)).ToList())
            {
                Leave(shop, collection.Id, product.Id);
            }

            foreach (var id in wanted)
            {
                Join(shop, id, product.Id);
            }
        }

        foreach (var collection in Named(shop, input, "collectionsToJoin"))
        {
            Join(shop, collection.Id, product.Id);
        }

        foreach (var collection in Named(shop, input, "collectionsToLeave").Where(c => c.Rules is null))
        {
            Leave(shop, collection.Id, product.Id);
        }
    }

    public static void Join(Shop shop, long collection, long product)
    {
        if (shop.Collections.Find(collection) is { Rules: null } found && !found.Products.Contains(product))
        {
            shop.Put(found with { Products = [.. found.Products, product], UpdatedAt = shop.Now });
        }
    }

    public static void Leave(Shop shop, long collection, long product)
    {
        if (shop.Collections.Find(collection) is { } found && found.Products.Contains(product))
        {
            shop.Put(found with { Products = [.. found.Products.Where(id => id != product)], UpdatedAt = shop.Now });
        }
    }

    private static IEnumerable<ShopCollection> Named(Shop shop, Input input, string field) =>
        [.. input.List(field).Select(i => shop.Collections.Find(Gid.Parse(i.Value.GetString()) is { Type: "Collection" } id ? id.Number : null)).OfType<ShopCollection>()];

    private static ShopCollection Fill(Shop shop, ShopCollection collection, Input input, List<ShopUserError> errors)
    {
        var title = (input.Text("title") ?? collection.Title).Trim();
        if (title.Length == 0)
        {
            errors.Add(new ShopUserError(["title"], "Title can't be blank"));
        }
        else if (title.Length > ShopText.LongestField)
        {
            errors.Add(new ShopUserError(["title"], "Title is too long (maximum is 255 characters)"));
        }

        var rules = input.Of("ruleSet");
        if (rules.IsObject && rules.List("rules").Count == 0)
        {
            errors.Add(new ShopUserError(["ruleSet", "rules"], "Rules cannot be an empty set"));
        }

        var seo = input.Of("seo");
        return errors.Count > 0 ? collection : collection with
        {
            Title = title,
            Handle = input.Text("handle") is { } handle ? Free(shop, handle, collection.Id) : collection.Handle.Length > 0 ? collection.Handle : Free(shop, title, collection.Id),
            DescriptionHtml = input.Has("descriptionHtml") ? ShopText.Html(input.Text("descriptionHtml") ?? "") : collection.DescriptionHtml,
            SeoTitle = seo.Has("title") ? seo.Text("title") : collection.SeoTitle,
            SeoDescription = seo.Has("description") ? seo.Text("description") : collection.SeoDescription,
            SortOrder = input.Text("sortOrder") ?? collection.SortOrder,
            TemplateSuffix = input.Has("templateSuffix") ? input.Text("templateSuffix") : collection.TemplateSuffix,
            Rules = rules.IsObject
                ? new ShopRuleSet(rules.Flag("appliedDisjunctively") ?? false,
                    [.. rules.List("rules").Select(r => new ShopRule(r.Text("column") ?? "", r.Text("relation") ?? "", r.Text("condition") ?? ""))])
                : collection.Rules,
            UpdatedAt = shop.Now,
        };
    }

    private static string Free(Shop shop, string text, long owner)
    {
        var wanted = ShopText.Handle(text) is { Length: > 0 } handle ? handle : "collection";
        var candidate = wanted;
        for (var number = 1; shop.Collections.ByHandle(candidate) is { } other && other.Id != owner; number++)
        {
            candidate = $"{wanted}-{number}";
        }

        return candidate;
    }

    private static ShopCollection? Find(Shop shop, Gid? id) => id is { Type: not "Collection" } ? throw RefusedException.InvalidId() : shop.Collections.Find(id?.Number);

    private static IEnumerable<long> Known(Shop shop, IReadOnlyList<string> products) => [.. products.Select(p => shop.Product(Gid.Parse(p)?.Number)?.Id).OfType<long>()];

    /// <summary>The work is done at once; whoever asks for the job later is told so.</summary>
    private static ShopJob NewJob(Shop shop) => new(Gid.Of("Job", shop.NewId()), Done: false);

    private static Payload Payload(IReadOnlyList<ShopUserError> errors, ShopCollection? collection) => new(errors) { ["collection"] = collection, ["job"] = null };
}

public sealed record ShopJob(string Id, bool Done);
