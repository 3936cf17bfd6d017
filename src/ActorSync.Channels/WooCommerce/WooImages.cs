using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// A product's pictures. A write replaces the whole list, and a source is fetched by the shop during the call: so the list is read first, ids that are not
/// ours stay where they stand, pictures that the shop has are named by id, and only new ones by address.
/// </summary>
internal static class WooImages
{
    public const string UploadError = "woocommerce_product_image_upload_error";

    public static bool IsPicture(RegisterKey key) => key.Field is WooFields.Images or WooFields.ImageOrder;

    /// <summary>Null when the row does not carry them.</summary>
    public static ImmutableArray<ObservedImage>? Of(JsonElement row) => WooMapper.List(row, "images") is not { } images ? null
        : [.. images.Where(image => WooMapper.Number(image, "id") > 0).Select(image => new ObservedImage
        {
            MediaId = WooMapper.Id(image),
            Url = WooMapper.Text(image, "src"),
            Alt = WooMapper.Text(image, "alt") is { Length: > 0 } alt ? WooMapper.Decode(alt) : null,
        })];

    /// <summary>The list to send: wanted ones in their order, foreign ones at the places they have, removed ones left out.</summary>
    public static List<WooImageEntry> Compose(ImmutableArray<DesiredImage> desired, Func<DesiredImage, bool> isNew, ImmutableArray<string> held)
    {
        var list = new List<WooImageEntry>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var image in desired)
        {
            known.UnionWith(image.MediaIds);
            var own = image.MediaIds.Where(held.Contains).ToArray();
            if (!image.Remove)
            {
                list.AddRange(own.Select(id => new WooImageEntry(id, null)));
            }

            if (!image.Remove && own.Length == 0 && isNew(image))
            {
                list.Add(new WooImageEntry(null, image));
            }
        }

        for (var i = 0; i < held.Length; i++)
        {
            if (!known.Contains(held[i]))
            {
                list.Insert(Math.Min(i, list.Count), new WooImageEntry(held[i], null));
            }
        }

        return list;
    }

    public static JsonObject Body(IEnumerable<WooImageEntry> list) => new()
    {
        ["images"] = new JsonArray([.. list.Select(entry => (JsonNode)(entry.Id is { } id
            ? new JsonObject { ["id"] = long.Parse(id, System.Globalization.CultureInfo.InvariantCulture) }
            : new JsonObject { ["src"] = entry.New!.Url, ["alt"] = entry.New.Alt ?? "" }))]),
    };
}

/// <summary>One place of the list: a picture that the shop has, or one that it is to fetch.</summary>
internal sealed record WooImageEntry(string? Id, DesiredImage? New);
