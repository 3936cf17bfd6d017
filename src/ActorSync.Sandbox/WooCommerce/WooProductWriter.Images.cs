using System.Globalization;
using System.Text.Json;
using static ActorSync.Sandbox.WooCommerce.WooBodyReading;

namespace ActorSync.Sandbox.WooCommerce;

/// <content>Pictures.</content>
public sealed partial class WooProductWriter
{
    private static readonly string[] ImageTypes = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"];

    /// <summary>By id it is kept, by address it is a new attachment each time; what could not be downloaded refuses the whole row.</summary>
    private WooImage? Image(WooProduct product, JsonElement item, int index)
    {
        if (Whole(item, "id") is > 0 and var id)
        {
            var held = product.Images.Find(i => i.Id == id) ?? shop.Posts.SelectMany(p => p.Images).FirstOrDefault(i => i.Id == id);
            return held is null ? null : held with
            {
                Name = Has(item, "name") ? WooText.Field(Text(item, "name")) : held.Name,
                Alt = Has(item, "alt") ? WooText.Field(Text(item, "alt")) : held.Alt,
            };
        }

        var source = Text(item, "src");
        if (source.Length == 0)
        {
            return null;
        }

        if (!Uri.TryCreate(source, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new WooRestException(400, "woocommerce_product_image_upload_error", $"Invalid URL {source}.");
        }

        var file = Path.GetFileName(address.AbsolutePath);
        if (!ImageTypes.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
        {
            throw new WooRestException(400, "woocommerce_product_image_upload_error", "Invalid image: Sorry, you are not allowed to upload this file type.");
        }

        if (!pictures.Has(source))
        {
            throw new WooRestException(400, "woocommerce_product_image_upload_error", $"Error getting remote image {source}. Error: Not Found");
        }

        var taken = shop.Posts.SelectMany(p => p.Images).Select(i => i.File).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var free = file;
        for (var number = 1; taken.Contains(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(file)}-{number}{Path.GetExtension(file)}");
        }

        var name = Text(item, "name") is { Length: > 0 } given ? WooText.Field(given) : free;
        return new WooImage(shop.NextId("post"), free, name, WooText.Field(Text(item, "alt")), source, shop.Now, shop.Now);
    }
}
