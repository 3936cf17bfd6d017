using System.Text.Json;

namespace ActorSync.Channels.Shopify;

/// <summary>A product's pictures in hub terms. Videos and models stand in the same list and are none of ours.</summary>
internal static class ShopifyMedia
{
    /// <summary>A product's media connection; null when it was not asked for, or not shown in full: a list that is cut off proves no absence.</summary>
    public static ImmutableArray<ObservedImage>? Of(JsonElement product) =>
        ShopifyMapper.Child(product, "media") is { ValueKind: JsonValueKind.Object } media && ShopifyMapper.NextCursor(media) is null
            ? [.. ShopifyMapper.Nodes(media).Select(Image).OfType<ObservedImage>()]
            : null;

    /// <summary>The media of a webhook body.</summary>
    public static ImmutableArray<ObservedImage>? OfWebhook(JsonElement body) =>
        ShopifyMapper.Child(body, "media") is { ValueKind: JsonValueKind.Array } media
            ? [.. media.EnumerateArray().Where(item => Text(item, "media_content_type") == "IMAGE" && Text(item, "admin_graphql_api_id") is not null).Select(item => new ObservedImage
            {
                MediaId = ShopifyGid.Number(Text(item, "admin_graphql_api_id")!),
                Url = ShopifyMapper.Child(item, "preview_image") is { ValueKind: JsonValueKind.Object } preview ? Text(preview, "src") : null,
                Alt = Text(item, "alt"),
                Status = Status(Text(item, "status")),
            })]
            : null;

    /// <summary>A MediaImage node; null for media of another kind.</summary>
    public static ObservedImage? Image(JsonElement node)
    {
        if (Text(node, "mediaContentType") != "IMAGE")
        {
            return null;
        }

        var error = ShopifyMapper.Child(node, "fileErrors") is { ValueKind: JsonValueKind.Array } errors && errors.GetArrayLength() > 0 ? Text(errors[0], "message") : null;
        return new ObservedImage
        {
            MediaId = ShopifyGid.Number(Text(node, "id")!),
            Url = ShopifyMapper.Child(node, "image") is { ValueKind: JsonValueKind.Object } image ? Text(image, "url") : null,
            Alt = Text(node, "alt"),
            Status = Status(Text(node, "status")),
            Error = error,
        };
    }

    private static MediaStatus Status(string? status) => status switch
    {
        "READY" => MediaStatus.Ready,
        "FAILED" => MediaStatus.Failed,
        _ => MediaStatus.Processing,
    };

    private static string? Text(JsonElement element, string name) => ShopifyMapper.Child(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
