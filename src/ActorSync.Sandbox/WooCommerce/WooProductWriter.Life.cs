using System.Text.Json;
using static ActorSync.Sandbox.WooCommerce.WooBodyReading;

namespace ActorSync.Sandbox.WooCommerce;

/// <content>Status, dates, slug, trash, restore and the end.</content>
public sealed partial class WooProductWriter
{
    private static readonly string[] Statuses = ["draft", "pending", "private", "publish", "future", "trash"];

    /// <summary>To the trash, a parent with its variations; each tells "deleted".</summary>
    public void Trash(WooProduct existing)
    {
        foreach (var variation in shop.VariationsOf(existing.Id).Where(v => v.Status != "trash"))
        {
            Trash(variation);
        }

        var product = existing.Clone();
        product.StatusBeforeTrash = product.Status;
        product.Status = "trash";
        product.Slug += "__trashed";
        product.Modified = shop.Now;
        shop.Put(product);
        shop.Raise("product.deleted", product.Id);
    }

    /// <summary>The admin's "restore": status and slug come back, and so do the variations.</summary>
    public void Restore(WooProduct trashed)
    {
        foreach (var variation in shop.VariationsOf(trashed.Id).Where(v => v.Status == "trash"))
        {
            Restore(variation);
        }

        var product = trashed.Clone();
        product.Status = product.StatusBeforeTrash ?? "draft";
        product.StatusBeforeTrash = null;
        product.Slug = product.Slug.Replace("__trashed", "", StringComparison.Ordinal);
        product.Modified = shop.Now;
        shop.Put(product);
        shop.Raise("product.restored", product.Id);
    }

    /// <summary>Gone for good, with its variations, without a word to anybody.</summary>
    public void Erase(WooProduct product)
    {
        foreach (var variation in shop.VariationsOf(product.Id))
        {
            shop.Remove(variation);
        }

        shop.Remove(product);
    }

    private void ApplyStatus(WooProduct product, JsonElement body)
    {
        if (Has(body, "status"))
        {
            var wanted = Text(body, "status");
            wanted = Statuses.Contains(wanted, StringComparer.Ordinal) ? wanted : "draft";
            if (wanted == "trash" && product.Status != "trash")
            {
                product.StatusBeforeTrash = product.Status;
                product.Slug += "__trashed";
                foreach (var variation in shop.VariationsOf(product.Id).Where(v => v.Status != "trash"))
                {
                    Trash(variation);
                }
            }
            else if (wanted != "trash" && product.Status == "trash")
            {
                product.Slug = product.Slug.Replace("__trashed", "", StringComparison.Ordinal);
            }

            product.Status = wanted;
        }

        var createdBefore = WooShop.LocalDate(product.Created)[..10];
        foreach (var member in (string[])["date_created", "date_created_gmt"])
        {
            if (Text(body, member) is { Length: > 0 } text && WooDates.TryParse(text, out var created, out _))
            {
                product.Created = created;
            }
        }

        if (product.Created > shop.Now && product.Status == "publish")
        {
            product.Status = "future";
        }
        else if (product.Status == "future" && product.Created <= shop.Now)
        {
            product.Status = "publish";
        }

        var createdNow = WooShop.LocalDate(product.Created)[..10];
        if (createdNow != createdBefore && product.Status == "publish")
        {
            // WordPress remembers under which dates a published post could be found.
            product.Meta.RemoveAll(m => m.Key == "_wp_old_date" && m.Value?.GetValue<string>() == createdNow);
            product.Meta.Add(new WooMeta(shop.NextId("meta"), "_wp_old_date", createdBefore));
        }
    }

    /// <summary>Drafts have no slug until they are published.</summary>
    private void ApplySlug(WooProduct product, JsonElement body)
    {
        if (Text(body, "slug") is { Length: > 0 } wanted)
        {
            product.Slug = shop.UniqueSlug(WooText.Slug(wanted), product.Id);
        }
        else if (product.Slug.Length == 0 && product.Status is not ("draft" or "pending" or "auto-draft"))
        {
            product.Slug = shop.UniqueSlug(WooText.Slug(product.Name), product.Id);
        }
    }
}
