using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <content>Products of the shop that a hub product may already be.</content>
internal sealed partial class WooChannel
{
    private const int MaxSkusPerSearch = 80;
    private static readonly string[] Any = ["any"];
    private static readonly string[] AnyAndTrash = ["any", "trash"];

    /// <summary>Living (and, if asked, trashed) products that hold one of an item's SKUs, on themselves or on a variation.</summary>
    private async Task<(Dictionary<ProductId, List<JsonElement>> Found, ChannelFault? Fault)> FindCandidatesAsync(
        IReadOnlyList<PushItem> items, bool withTrash, Lane lane, CancellationToken cancellationToken)
    {
        var found = items.ToDictionary(item => item.Product, _ => new List<JsonElement>());
        var wanted = items.SelectMany(item => SkusOf(item).Select(sku => (item.Product, Sku: sku))).ToLookup(pair => pair.Sku, pair => pair.Product, StringComparer.OrdinalIgnoreCase);
        var skus = wanted.Select(group => group.Key).ToArray();
        // A comma separates SKUs; one that contains a comma is only found when it is asked for alone.
        var searches = skus.Where(sku => !sku.Contains(',', StringComparison.Ordinal)).Chunk(MaxSkusPerSearch).Select(chunk => string.Join(',', chunk))
            .Concat(skus.Where(sku => sku.Contains(',', StringComparison.Ordinal)));
        var hits = new List<JsonElement>();
        foreach (var search in searches)
        {
            foreach (var status in withTrash ? AnyAndTrash : Any)
            {
                var answer = await client.GetAsync("products", EditQuery(MaxPerPage, new("sku", search), new("status", status)), lane, cancellationToken);
                if (!IsList(answer))
                {
                    return (found, answer.FaultOrError);
                }

                hits.AddRange(Rows(answer));
            }
        }

        var parents = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var parentIds = hits.Select(ParentId).Where(id => id is not null).Distinct(StringComparer.Ordinal).Select(id => id!).ToArray();
        if (parentIds.Length > 0)
        {
            (parents, var fault) = await ReadRowsAsync(parentIds, lane, cancellationToken);
            if (fault is not null)
            {
                return (found, fault);
            }
        }

        foreach (var hit in hits)
        {
            var owner = ParentId(hit) is { } parent ? parents.GetValueOrDefault(parent) : hit;
            if (owner.ValueKind != JsonValueKind.Object || (!withTrash && WooMapper.IsTrash(owner)))
            {
                continue;
            }

            foreach (var product in wanted[WooMapper.Text(hit, "sku")?.Trim() ?? ""])
            {
                if (found[product].All(row => WooMapper.Id(row) != WooMapper.Id(owner)))
                {
                    found[product].Add(owner);
                }
            }
        }

        return (found, await FindByNameAsync(items, found, lane, cancellationToken));
    }

    /// <summary>A product without any SKU loses its interim one when it is complete; if the hub died right then, its name and the meta are what is left.</summary>
    private async Task<ChannelFault?> FindByNameAsync(IReadOnlyList<PushItem> items, Dictionary<ProductId, List<JsonElement>> found, Lane lane, CancellationToken cancellationToken)
    {
        foreach (var item in items.Where(item => item.MayHaveHappened && found[item.Product].Count == 0 && SkusOf(item).Take(2).Count() == 1))
        {
            if (item.Target.Fields.GetValueOrDefault(WooFields.Name).Text is not { Length: > 0 } name)
            {
                continue;
            }

            var answer = await client.GetAsync(
                "products", EditQuery(MaxPerPage, new("search", name), new("status", "any"), new("orderby", "date"), new("order", "desc")), lane, cancellationToken);
            if (!IsList(answer))
            {
                return answer.FaultOrError;
            }

            found[item.Product].AddRange(Rows(answer).Where(row => WooMapper.HubId(row) == item.Product.Value));
        }

        return null;
    }

    private static string? ParentId(JsonElement row) => WooMapper.Number(row, "parent_id") is > 0 and var id ? id.ToString(CultureInfo.InvariantCulture) : null;

    private static IEnumerable<string> SkusOf(PushItem item) => item.Target.Variants
        .Where(v => !v.Remove && v.Fields.TryGetValue(WooFields.Sku, out var sku) && !string.IsNullOrWhiteSpace(sku.Text))
        .Select(v => v.Fields[WooFields.Sku].Text!.Trim())
        .Append(WooFields.InterimSku(item.Product))
        .Distinct(StringComparer.OrdinalIgnoreCase);
}
