using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;

namespace ActorSync.Web.Conflicts;

/// <summary>Finds and closes conflicts; both doors of the API and the dashboard go through here.</summary>
internal sealed class ConflictBook(Catalogue catalogue, IProductQueries queries)
{
    /// <summary>Most rows that a search by id or the statistics look through.</summary>
    public const int MaxScanned = 10_000;

    /// <summary>Pages through conflicts, newest first.</summary>
    public async IAsyncEnumerable<ConflictItem> ScanAsync(
        TenantId tenant, ConflictState? state, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        var seen = 0;
        do
        {
            var page = await queries.ConflictsAsync(tenant, null, state, cursor, Lists.MaxLimit, cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            seen += page.Items.Length;
            cursor = page.NextCursor;
        }
        while (cursor is not null && seen < MaxScanned);
    }

    /// <summary>Closes one conflict, or all open ones of the product.</summary>
    public Task<EditReply> ResolveAsync(Caller caller, ProductId product, ConflictResolution resolution) =>
        catalogue.Product(caller.Tenant, product.Value).ResolveAsync(resolution);

    /// <summary>Reads <c>{ resolution, mergeData, origin }</c>; null when the reader has problems.</summary>
    public static ConflictResolution? ReadResolution(BodyReader reader, ProductSnapshot snapshot, TenantSettings settings, string actor, string? conflictId)
    {
        var kind = reader.Choice("resolution", required: true, "accept_local", "accept_remote", "merge") switch
        {
            "accept_local" => ResolutionKind.AcceptLocal,
            "accept_remote" => ResolutionKind.AcceptRemote,
            "merge" => ResolutionKind.Merge,
            _ => (ResolutionKind?)null,
        };
        var origin = reader.Text("origin");
        var open = snapshot.Product.Conflicts.Where(c => c.State == ConflictState.Open && (conflictId is null || c.Id == conflictId)).ToList();
        if (origin is not null && !open.Any(c => c.Loser.Id == origin || c.Winner.Id == origin))
        {
            var known = open.SelectMany(c => new[] { c.Loser.Id, c.Winner.Id }).Distinct(StringComparer.Ordinal);
            reader.Fail("origin", $"origin is '{origin}'; the open conflicts are between {string.Join(", ", known)}.");
        }

        var merge = ReadMerge(reader, snapshot.Product, settings, open);
        if (kind == ResolutionKind.Merge && merge.IsEmpty && reader.Problem() is null)
        {
            reader.Fail("mergeData", "mergeData is missing; give the merged value of each field: { \"name\": \"…\" }.");
        }
        else if (kind is not null and not ResolutionKind.Merge && !merge.IsEmpty)
        {
            reader.Fail("mergeData", "mergeData belongs to the resolution 'merge' only.");
        }

        return reader.Finish() is null
            ? new ConflictResolution { Kind = kind!.Value, ConflictId = conflictId, Origin = origin, Merge = merge, Actor = actor }
            : null;
    }

    private static ImmutableDictionary<RegisterKey, FieldValue> ReadMerge(BodyReader reader, ProductState product, TenantSettings settings, List<ConflictRow> open)
    {
        var merged = ImmutableDictionary.CreateBuilder<RegisterKey, FieldValue>();
        if (reader.Inner("mergeData") is not { } data)
        {
            return merged.ToImmutable();
        }

        var living = product.LivingVariants().Select(v => v.Id).ToList();
        foreach (var (name, node) in data.Rest.ToList())
        {
            _ = data.Take(name);
            if (Fields.Find(name) is not { IsStructure: false } field || field.Class == OwnerClass.Stock)
            {
                data.Fail(name, $"'{name}' is not a field that can be merged{FieldHint.Of(name)}.");
            }
            else if (field.Scope == FieldScope.Product)
            {
                Add(field, null, node, name);
            }
            else if (node is JsonObject bySku)
            {
                foreach (var (sku, value) in bySku)
                {
                    var identity = Identity.IdentitySku(sku);
                    var variant = living.Where(v => v.ToString() == sku || (identity is not null && Identity.IdentitySku(product.Sku(v)) == identity))
                        .Cast<VariantId?>().FirstOrDefault();
                    if (variant is null)
                    {
                        data.Fail(name, $"{name} names the variant '{sku}'; known are {string.Join(", ", living.Select(product.VariantLabel))}.");
                    }
                    else
                    {
                        Add(field, variant, value, name);
                    }
                }
            }
            else if (living.Count == 1)
            {
                Add(field, living[0], node, name);
            }
            else
            {
                data.Fail(name, $"{name} belongs to a variant and this product has {living.Count}; give it by SKU: " +
                    $"{{ \"{name}\": {{ \"{product.VariantLabel(living.FirstOrDefault())}\": … }} }}.");
            }
        }

        return merged.ToImmutable();

        void Add(FieldDefinition field, VariantId? variant, JsonNode? node, string name)
        {
            if (field.Type == FieldType.Set)
            {
                data.Fail(name, $"{name} is a list: each element is merged on its own; accept one side, or edit the product.");
                return;
            }

            var raw = node is null ? null : node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node.ToJsonString();
            if (Canonical.Validate(field, raw, out var canonical).Error is { } error)
            {
                data.Fail(name, error);
                return;
            }

            // A price conflicts in one currency: the row knows which.
            var part = field.Type == FieldType.Money
                ? open.FirstOrDefault(c => c.Key.Field == field.Name && c.Key.Variant == variant)?.Key.Part ?? settings.Policy.Currency
                : null;
            merged[new RegisterKey(field.Name, variant, part)] = canonical;
        }
    }
}

/// <summary>A conflict as the API shows it.</summary>
internal sealed record ConflictView(
    string Id, string ProductId, string? ProductName, string Field, string Label, string? Variant, string? Part, ConflictSide Winner, ConflictSide Loser, string Rule, string Why,
    string State, string? Resolution, DateTimeOffset DetectedAt, DateTimeOffset? ResolvedAt, string? ResolvedBy)
{
    public static ConflictView Of(ConflictItem item)
    {
        var row = item.Row;
        var field = Fields.Find(row.Key.Field);
        return new ConflictView(row.Id, item.Product.Value, item.ProductName, row.Key.Field, Names.Field(row.Key), row.Key.Variant?.ToString(), row.Key.Part,
            new ConflictSide(row.Winner.Id, ProductBody.ToJson(field, row.WinnerValue), null),
            new ConflictSide(row.Loser.Id, ProductBody.ToJson(field, row.LoserValue), row.LoserSource.Instant),
            Names.Of(row.Rule), Rules.Describe(row.Rule), Names.Of(row.State), row.Resolution, row.DetectedAt, row.ResolvedAt, row.ResolvedBy);
    }
}

/// <summary>One side of a conflict.</summary>
internal sealed record ConflictSide(string Origin, JsonNode? Value, DateTimeOffset? At);
