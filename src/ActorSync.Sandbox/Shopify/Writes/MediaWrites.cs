using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>fileUpdate as far as it describes pictures, attaches them to products and takes them off, and productReorderMedia.</summary>
public static class MediaWrites
{
    private const int LongestAlt = 512;
    private const int LongestSource = 2048;

    public static Payload Update(Shop shop, IReadOnlyList<Input> rows)
    {
        if (rows.Any(row => row.Text("originalSource")?.Length > LongestSource))
        {
            throw new RefusedException("INVALID_FIELD_ARGUMENTS", $"originalSource is too long (maximum is {LongestSource})");
        }

        var errors = rows.SelectMany((row, at) => Checked(shop, row, at.ToString(CultureInfo.InvariantCulture)))
            .DistinctBy(error => $"{string.Join('.', error.Field!)} {error.Message}", StringComparer.Ordinal).ToList();
        var found = rows.Select(row => shop.Products.Values.SelectMany(p => p.Media).FirstOrDefault(m => m.Id == row.Id("id")?.Number)).ToList();
        var missing = rows.Where((_, at) => found[at] is null).Select(row => $"\"{row.Text("id")}\"").ToList();
        if (errors.Count == 0 && missing.Count > 0)
        {
            errors.Add(new ShopUserError(["files"], missing.Count == 1 ? $"File id [{missing[0]}] does not exist." : $"File ids [{string.Join(", ", missing)}] do not exist.", "FILE_DOES_NOT_EXIST"));
        }
        else if (errors.Count == 0 && found.Any(media => shop.StatusOf(media!).Status != "READY"))
        {
            errors.Add(new ShopUserError(["files"], "Non-ready files cannot be updated.", "NON_READY_STATE"));
        }

        if (errors.Count > 0)
        {
            return new Payload(errors) { ["files"] = Array.Empty<ShopMedia>() };
        }

        for (var i = 0; i < rows.Count; i++)
        {
            found[i] = Describe(shop, found[i]!, rows[i]);
            Attach(shop, found[i]!, rows[i]);
        }

        return new Payload(errors) { ["files"] = found };
    }

    /// <summary>What is wrong with a row whatever file it names. New sources and names are checked and not served.</summary>
    private static IEnumerable<ShopUserError> Checked(Shop shop, Input row, string at)
    {
        if (row.Text("alt")?.Length > LongestAlt)
        {
            yield return new ShopUserError(["files", at, "alt"], $"The alt value exceeds the maximum limit of {LongestAlt} characters.", "ALT_VALUE_LIMIT_EXCEEDED");
        }

        var type = row.Id("id")?.Type;
        if (row.Gives("filename") && type is not ("MediaImage" or "GenericFile"))
        {
            yield return new ShopUserError(["files"], "Updating the filename is only supported on images and generic files", "UNSUPPORTED_MEDIA_TYPE_FOR_FILENAME_UPDATE");
        }
        else if (row.Gives("originalSource") && type is not ("MediaImage" or "GenericFile"))
        {
            yield return new ShopUserError(["files", at, "originalSource"], "Updating the original source is not supported for this media type.", "INVALID");
        }
        else if (row.Gives("originalSource") && row.Gives("previewImageSource"))
        {
            const string Both = "Cannot update the preview image and image at the same time because they are one and the same.";
            yield return new ShopUserError(["files", at, "previewImageSource"], Both, "INVALID");
            yield return new ShopUserError(["files", at, "originalSource"], Both, "INVALID");
        }
        else if (row.Text("originalSource") is { } source && !Uri.IsWellFormedUriString(source, UriKind.Absolute))
        {
            yield return new ShopUserError(["files", at, "previewImageSource"], "Invalid image source url value provided", "INVALID_IMAGE_SOURCE_URL");
        }

        if (row.Texts("referencesToAdd").Concat(row.Texts("referencesToRemove")).Any(target => shop.Product(Gid.Parse(target)?.Number) is null))
        {
            yield return new ShopUserError(["files"], "The reference target does not exist", "REFERENCE_TARGET_DOES_NOT_EXIST");
        }
    }

    /// <summary>Every move is carried out in its turn, on what those before it have left.</summary>
    public static Payload Reorder(Shop shop, Gid? id, IReadOnlyList<Input> moves)
    {
        if (shop.Product(id?.Number) is not { } product)
        {
            return Moved([new ShopUserError(["id"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")]);
        }

        var media = product.Media.ToList();
        for (var i = 0; i < moves.Count; i++)
        {
            var number = moves[i].Id("id")?.Number;
            if (media.Find(m => m.Id == number) is not { } moved || !int.TryParse(moves[i].Text("newPosition"), NumberStyles.None, CultureInfo.InvariantCulture, out var place))
            {
                // The job finds out later, and nobody hears of it.
                continue;
            }

            media.Remove(moved);
            media.Insert(Math.Min(place, media.Count), moved);
        }

        if (!media.SequenceEqual(product.Media))
        {
            shop.Put(product with { Media = media });
        }

        return Moved([]);
    }

    private static Payload Moved(IReadOnlyList<ShopUserError> errors) =>
        new([.. errors.Select(error => error with { Code = null })]) { ["mediaUserErrors"] = errors, ["job"] = errors.Count == 0 ? new ShopJob(Gid.Of("Job", 1), Done: false) : null };

    /// <summary>The words belong to the file: every product that shows it shows them.</summary>
    private static ShopMedia Describe(Shop shop, ShopMedia media, Input row)
    {
        if (!row.Gives("alt") || row.Text("alt") == media.Alt)
        {
            return media;
        }

        var described = media with { Alt = row.Text("alt")! };
        foreach (var product in shop.Products.Values.Where(p => p.Media.Any(m => m.Id == media.Id)).ToList())
        {
            shop.Put(product with { Media = [.. product.Media.Select(m => m.Id == media.Id ? described : m)] });
        }

        return described;
    }

    private static void Attach(Shop shop, ShopMedia media, Input row)
    {
        foreach (var target in row.Texts("referencesToRemove"))
        {
            if (shop.Product(Gid.Parse(target)?.Number) is { } product)
            {
                shop.Put(product with { Media = [.. product.Media.Where(m => m.Id != media.Id)] });
            }
        }

        foreach (var target in row.Texts("referencesToAdd"))
        {
            if (shop.Product(Gid.Parse(target)?.Number) is { } product && product.Media.All(m => m.Id != media.Id))
            {
                shop.Put(product with { Media = [.. product.Media, media] });
            }
        }
    }
}
