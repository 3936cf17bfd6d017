namespace ActorSync.Web.Products;

/// <summary>Words of the API for the domain's values.</summary>
internal static class Names
{
    public static string Of<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>The origin in S3's words: NOLIMITS is the hub.</summary>
    public static string S3Origin(Origin origin, TenantSettings settings, ITenantDirectory directory) =>
        origin.Kind == OriginKind.Hub ? "NOLIMITS"
        : settings.Channels.FirstOrDefault(c => c.Id.Value == origin.Id) is { } channel ? directory.KindOf(channel).Descriptor.PlatformName
        : "SYSTEM";

    /// <summary>For people: "the hub" or the channel's name.</summary>
    public static string Place(Origin origin, TenantSettings settings) =>
        origin.Kind == OriginKind.Hub ? "Hub" : Channel(new ChannelId(origin.Id), settings);

    public static string Channel(ChannelId id, TenantSettings settings) => settings.Channels.FirstOrDefault(c => c.Id == id)?.Name ?? id.Value;

    /// <summary>Links in the order in which the channels were connected, as every list shows them.</summary>
    public static ImmutableArray<LinkState> InOrder(ImmutableArray<LinkState> links, TenantSettings settings)
    {
        var order = settings.Channels.Select((channel, i) => (channel.Id, i)).ToDictionary(c => c.Id, c => c.i);
        return [.. links.OrderBy(l => order.GetValueOrDefault(l.Channel, int.MaxValue))];
    }

    /// <summary>Where the product is edited at the channel. Only web addresses become links, whatever was configured.</summary>
    public static string? EditUrl(ChannelId id, string? externalId, TenantSettings settings, ITenantDirectory directory) =>
        externalId is not null && settings.Channels.FirstOrDefault(c => c.Id == id) is { } channel ? EditUrl(channel, externalId, directory.KindOf(channel).Descriptor) : null;

    public static string? EditUrl(ChannelSettings channel, string externalId, ChannelDescriptor descriptor) =>
        Uri.TryCreate(descriptor.EditUrl(channel, externalId), UriKind.Absolute, out var url) && url.Scheme is ("http" or "https") ? url.AbsoluteUri : null;

    /// <summary>The same, with the name of a channel's location instead of its id.</summary>
    public static string Field(RegisterKey key, TenantSettings settings) =>
        key.Part is { } part && settings.Channels.SelectMany(c => c.Locations).FirstOrDefault(l => l.LocationId == part)?.Name is { } place ? Field(key with { Part = place }) : Field(key);

    /// <summary>A register for people: "Price (EUR)", "Tag summer".</summary>
    public static string Field(RegisterKey key)
    {
        var field = Fields.Find(key.Field);
        var label = field?.Label ?? key.Field;
        return (field?.Type, key.Part) switch
        {
            (FieldType.Set, { } element) => $"{label}: {element}",
            (_, { } part) => $"{label} ({part})",
            _ => label,
        };
    }
}
