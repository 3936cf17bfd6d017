using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>Pictures by address. They are downloaded behind the scenes: ready after a moment, under an address of the shop's own, or failed.</summary>
public static class MediaFields
{
    public static readonly TimeSpan Processing = TimeSpan.FromSeconds(1);
    private const int LongestAlt = 512;

    /// <summary>The whole list, as productSet's files: known ids stay, sources are new files.</summary>
    public static IReadOnlyList<ShopMedia> Set(Shop shop, IReadOnlyList<ShopMedia> current, IReadOnlyList<Input> rows, List<ShopUserError> errors)
    {
        var media = new List<ShopMedia>();
        for (var i = 0; i < rows.Count; i++)
        {
            string[] path = ["input", "files", i.ToString(CultureInfo.InvariantCulture)];
            if (rows[i].Id("id") is { } id)
            {
                if (current.FirstOrDefault(m => m.Id == id.Number) is not { } known)
                {
                    errors.Add(new ShopUserError([.. path, "id"], "File does not exist", "INVALID_INPUT"));
                    continue;
                }

                media.Add(rows[i].Has("alt") ? known with { Alt = rows[i].Text("alt") ?? "" } : known);
                continue;
            }

            if (New(shop, rows[i], path, errors) is { } made)
            {
                media.Add(made);
            }
        }

        return media;
    }

    /// <summary>The media argument of productCreate and productUpdate adds to what is there.</summary>
    public static IReadOnlyList<ShopMedia> Add(Shop shop, IReadOnlyList<ShopMedia> current, IReadOnlyList<Input> rows, List<ShopUserError> errors)
    {
        var media = new List<ShopMedia>(current);
        for (var i = 0; i < rows.Count; i++)
        {
            if (New(shop, rows[i], ["media", i.ToString(CultureInfo.InvariantCulture)], errors) is { } made)
            {
                media.Add(made);
            }
        }

        return media;
    }

    private static ShopMedia? New(Shop shop, Input row, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        if (!Uri.TryCreate(row.Text("originalSource"), UriKind.Absolute, out var source) || source.Scheme is not ("http" or "https"))
        {
            errors.Add(new ShopUserError([.. path, "originalSource"], "Image URL is invalid", "INVALID_INPUT"));
            return null;
        }

        var alt = row.Text("alt") ?? "";
        if (alt.Length > LongestAlt)
        {
            errors.Add(new ShopUserError([.. path, "alt"], $"The alt value exceeds the maximum limit of {LongestAlt} characters.", "INVALID_INPUT"));
            return null;
        }

        shop.Pictures.Begin(row.Text("originalSource")!);
        return new ShopMedia(shop.NewId(), row.Text("originalSource")!, alt, shop.Now, shop.ExactNow + Processing);
    }
}
