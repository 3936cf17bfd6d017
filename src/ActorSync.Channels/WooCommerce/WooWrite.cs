using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

internal enum WooWriteKind { Create, Update, Delete }

/// <summary>One row of a batch: the members to send and the registers that each of them carries, so that a refused member can be taken out and named.</summary>
internal sealed class WooWrite(PushLedger ledger, WooWriteKind kind, long id, VariantId? variant)
{
    private readonly Dictionary<string, JsonNode?> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<RegisterKey>> _keys = new(StringComparer.Ordinal);

    public PushLedger Ledger => ledger;

    public WooWriteKind Kind => kind;

    /// <summary>0 for a create.</summary>
    public long Id => id;

    /// <summary>Null = the product itself. The only variant of a simple product is written with the product.</summary>
    public VariantId? Variant => variant;

    public bool IsEmpty => _members.Count == 0;

    public IEnumerable<RegisterKey> Keys => _keys.Values.SelectMany(keys => keys).Distinct();

    public bool WritesStock => _members.ContainsKey("stock_quantity");

    public long? Count => _members.GetValueOrDefault("stock_quantity")?.GetValue<long>();

    public bool HasSku => _members.GetValueOrDefault("sku")?.GetValue<string>() is { Length: > 0 };

    public void Set(string member, JsonNode? value, params ReadOnlySpan<RegisterKey> keys)
    {
        _members[member] = value;
        _keys[member] = [.. keys];
    }

    /// <summary>Adds one entry to the row's meta data; null takes it away at the shop.</summary>
    public void Meta(string key, string? value, params ReadOnlySpan<RegisterKey> keys)
    {
        if (_members.GetValueOrDefault("meta_data") is not JsonArray rows)
        {
            _members["meta_data"] = rows = [];
            _keys["meta_data"] = [];
        }

        rows.Add(new JsonObject { ["key"] = key, ["value"] = value });
        _keys["meta_data"] = [.. _keys["meta_data"], .. keys];
    }

    /// <summary>Sets a part of a member whose other parts the shop leaves as they are.</summary>
    public void Merge(string member, string part, string value, RegisterKey key)
    {
        if (_members.GetValueOrDefault(member) is not JsonObject parts)
        {
            _members[member] = parts = [];
            _keys[member] = [];
        }

        parts[part] = value;
        _keys[member] = [.. _keys[member], key];
    }

    /// <summary>Takes members out together with all that carry the same registers (both prices, both halves of a count); tells the registers.</summary>
    public ImmutableArray<RegisterKey> Remove(IEnumerable<string> members)
    {
        var removed = members.Where(_keys.ContainsKey).SelectMany(member => _keys[member]).ToImmutableHashSet();
        foreach (var member in _keys.Where(pair => pair.Value.Any(removed.Contains)).Select(pair => pair.Key).ToArray())
        {
            _members.Remove(member);
            _keys.Remove(member);
        }

        return [.. removed];
    }

    /// <summary>The same row in pieces of one register each, for an error that names no member.</summary>
    public IReadOnlyList<WooWrite> Split()
    {
        var groups = _members.GroupBy(pair => string.Join('|', _keys[pair.Key].Order())).ToArray();
        return groups.Length < 2
            ? []
            : [.. groups.Select(group =>
            {
                var piece = new WooWrite(ledger, kind, id, variant);
                foreach (var (member, value) in group)
                {
                    piece.Set(member, value?.DeepClone(), _keys[member].AsSpan());
                }

                return piece;
            })];
    }

    public JsonObject Body()
    {
        var body = new JsonObject();
        if (kind == WooWriteKind.Update)
        {
            body["id"] = id;
        }

        foreach (var (member, value) in _members)
        {
            body[member] = value?.DeepClone();
        }

        return body;
    }
}
