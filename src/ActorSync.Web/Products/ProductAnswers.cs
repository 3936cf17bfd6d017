using System.Text.Json.Nodes;

namespace ActorSync.Web.Products;

/// <summary>The answer to an edit: what holds now, and what a rule refused and why.</summary>
internal sealed record EditAnswer(string Id, long Version, IReadOnlyList<string> Accepted, IReadOnlyList<RejectedField> Rejected)
{
    public static EditAnswer Of(string id, EditReply reply, ProductState? product)
    {
        var named = reply.Accepted.Concat(reply.Refused.Select(r => r.Key)).Select(k => k.Variant).OfType<VariantId>();
        var hasSeveral = (product?.LivingVariants().Select(v => v.Id) ?? []).Concat(named).Distinct().Skip(1).Any();
        return new EditAnswer(id, reply.Version,
            [.. reply.Accepted.Where(k => k.Field != Fields.Exists).Select(k => PathOf(k, hasSeveral)).Distinct(StringComparer.Ordinal)],
            [.. reply.Refused.Select(r => new RejectedField(PathOf(r.Key, hasSeveral), Names.Of(r.Rule), r.Winner?.Id,
                ProductBody.ToJson(Fields.Find(r.Key.Field), r.WinnerValue), r.ConflictId, r.Message))]);
    }

    /// <summary>The field as the body names it: <c>name</c>, or <c>variants.v2.price</c> where there are several variants.</summary>
    public static string PathOf(RegisterKey key, bool hasSeveral)
    {
        var field = hasSeveral && key.Variant is { } variant ? $"variants.{variant}.{key.Field}" : key.Field;
        return key.Scope is { } scope ? $"overrides.{scope}.{field}" : field;
    }
}

/// <summary>A refused value: by which rule, who holds the field, and how to win anyway.</summary>
internal sealed record RejectedField(string Field, string Rule, string? Winner, JsonNode? WinnerValue, string? ConflictId, string Message);

/// <summary>A product in a list.</summary>
internal sealed record ProductRow(
    string Id, long Version, string? Name, string? Sku, int Variants, string Status, string? Vendor, string? ProductType, decimal? Price, string Currency,
    decimal? Available, string SyncStatus, DateTimeOffset UpdatedAt, ImmutableArray<string> Tags, IReadOnlyList<ProductRowChannel> Channels)
{
    public static ProductRow Of(ProductListItem item, TenantSettings settings, ITenantDirectory directory) => new(
        item.Id.Value, item.Version, item.Name, item.Sku, item.Variants, item.Status, item.Vendor, item.ProductType, item.Price, settings.Policy.Currency,
        item.Available, item.SyncStatus, item.UpdatedAt, item.Tags,
        [.. item.Channels.Select(m => new ProductRowChannel(m.Channel.Value, Marks.Of(m).Word, m.ExternalId,
            Names.EditUrl(m.Channel, m.ExternalId, settings, directory), m.Reason, m.ObservedAt))]);
}

/// <summary>A product's mark at one channel.</summary>
internal sealed record ProductRowChannel(string Id, string State, string? ExternalId, string? EditUrl, string? Reason, DateTimeOffset? VerifiedAt);

/// <summary>One line of a product's history.</summary>
internal sealed record HistoryLine(
    long Id, string ProductId, long Version, string Action, string Origin, string? Field, string? Label, string? Variant, string? Part, JsonNode? Before, JsonNode? After,
    string? Rule, string? Why, string? Channel, string? Actor, string? Detail, DateTimeOffset At)
{
    public static HistoryLine Of(HistoryItem item)
    {
        var entry = item.Entry;
        var field = entry.Key is { } key ? Fields.Find(key.Field) : null;
        return new HistoryLine(item.Id, item.Product.Value, item.Version, Names.Of(entry.Action), entry.Origin.Id, entry.Key?.Field,
            entry.Key is { } k ? Names.Field(k) : null, entry.Key?.Variant?.ToString(), entry.Key?.Part, ProductBody.ToJson(field, entry.Before),
            ProductBody.ToJson(field, entry.After), entry.Rule is { } rule ? Names.Of(rule) : null, entry.Rule is { } r ? Rules.Describe(r) : null,
            entry.Channel?.Value, entry.Actor, entry.Detail, entry.At);
    }
}
