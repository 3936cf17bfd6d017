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

    public static bool IsPicture(RegisterKey key) => key.Field is WooFields.Images or WooFields.ImageOrder or WooFields.ImageAlt;

    /// <summary>Null when the row does not carry them.</summary>
    public static ImmutableArray<ObservedImage>? Of(JsonElement row) => WooMapper.List(row, "images") is not { } images ? null
        : [.. images.Where(image => WooMapper.Number(image, "id") > 0).Select(image => new ObservedImage
        {
            MediaId = WooMapper.Id(image),
            Url = WooMapper.Text(image, "src"),
            Alt = WooMapper.Text(image, "alt") is { Length: > 0 } alt ? WooMapper.Decode(alt) : null,
        })];

    /// <summary>The list to send: wanted ones in their order, foreign ones at the places they have, removed ones left out.</summary>
    /// <param name="desired">Pictures as they should be.</param>
    /// <param name="isNew">To be sent now.</param>
    /// <param name="isDescribed">Its words are to be written now.</param>
    /// <param name="held">What the shop has, in its order.</param>
    public static List<WooImageEntry> Compose(ImmutableArray<DesiredImage> desired, Func<DesiredImage, bool> isNew, Func<DesiredImage, bool> isDescribed, ImmutableArray<string> held)
    {
        var list = new List<WooImageEntry>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var image in desired)
        {
            known.UnionWith(image.MediaIds);
            var own = image.MediaIds.Where(held.Contains).ToArray();
            if (!image.Remove)
            {
                list.AddRange(own.Select(id => new WooImageEntry(id, null) { Alt = isDescribed(image) ? image.Alt ?? "" : null }));
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
            ? Known(long.Parse(id, System.Globalization.CultureInfo.InvariantCulture), entry.Alt)
            : new JsonObject { ["src"] = entry.New!.Url, ["alt"] = entry.New.Alt ?? "" }))]),
    };

    private static JsonObject Known(long id, string? alt) => alt is null ? new JsonObject { ["id"] = id } : new JsonObject { ["id"] = id, ["alt"] = alt };
}

/// <summary>One place of the list: a picture that the shop has, or one that it is to fetch.</summary>
internal sealed record WooImageEntry(string? Id, DesiredImage? New)
{
    /// <summary>Words to write for a picture that the shop has; null = as they are.</summary>
    public string? Alt { get; init; }
}
