using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// Counts of many items in one call, each written only over the count that we believe is there. A call takes all rows or none, so rows that an error names
/// are taken out and the rest is sent again; errors that name no row are isolated item by item.
/// </summary>
internal sealed class ShopifyStockPush(ShopifyClient client)
{
    private const int MaxRows = 250;
    private const int MaxRounds = 4;
    private const string Stale = "CHANGE_FROM_QUANTITY_STALE";

    public async Task PushAsync(ImmutableArray<ShopifyPushState> states, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(states, cancellationToken);
        foreach (var chunk in rows.Chunk(MaxRows))
        {
            await SendAsync([.. chunk], round: 1, cancellationToken);
        }
    }

    public static decimal? CountOf(FieldValue value) =>
        decimal.TryParse(value.Text, NumberStyles.Number, CultureInfo.InvariantCulture, out var count) ? count : null;

    private async Task<ImmutableArray<Row>> RowsAsync(ImmutableArray<ShopifyPushState> states, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<Row>();
        var unknown = new List<(ShopifyPushState State, PlannedValue Planned, DesiredVariant Variant)>();
        foreach (var state in states)
        {
            foreach (var planned in state.Item.Delta.Where(planned => planned.Key is { Field: ShopifyFields.Available, Part: not null }))
            {
                var variant = state.Item.Target.Variants.FirstOrDefault(variant => variant.Id == planned.Key.Variant);
                if (variant is not { ExternalId: not null, Remove: false })
                {
                    // New variants take their count with the create, removed ones need none.
                    continue;
                }

                if (CountOf(planned.Target) is not { } count)
                {
                    state.Reject(planned.Key, "NO_COUNT", $"'{planned.Target}' is no count.");
                }
                else if (variant.StockItemId is { } item)
                {
                    rows.Add(new Row(state, planned, item, ShopifyMapper.Whole(count)));
                }
                else
                {
                    unknown.Add((state, planned, variant));
                }
            }
        }

        if (unknown.Count > 0)
        {
            await ResolveAsync(unknown, rows, cancellationToken);
        }

        return rows.ToImmutable();
    }

    /// <summary>Webhooks may name a variant without its inventory item: it is asked for.</summary>
    private async Task ResolveAsync(
        List<(ShopifyPushState State, PlannedValue Planned, DesiredVariant Variant)> unknown, ImmutableArray<Row>.Builder rows, CancellationToken cancellationToken)
    {
        foreach (var chunk in unknown.Chunk(MaxRows))
        {
            var ids = ShopifySource.Ids(chunk.Select(entry => ShopifyGid.Variant(entry.Variant.ExternalId!)).Distinct(StringComparer.Ordinal));
            var answer = await client.SendAsync(ShopifyOperations.ItemsOfVariants, new JsonObject { ["ids"] = ids }, Lane.Stock, cancellationToken);
            var items = (answer.Root("nodes")?.EnumerateArray() ?? default)
                .Where(node => ShopifyMapper.Child(node, "inventoryItem") is not null)
                .ToDictionary(
                    node => ShopifyGid.Number(node.GetProperty("id").GetString()!),
                    node => ShopifyGid.Number(node.GetProperty("inventoryItem").GetProperty("id").GetString()!), StringComparer.Ordinal);
            foreach (var (state, planned, variant) in chunk)
            {
                if (answer.Fault is { } fault)
                {
                    state.Fail([planned.Key], fault, mayHaveHappened: false);
                }
                else if (items.TryGetValue(variant.ExternalId!, out var item))
                {
                    state.Learn(new ObservedVariant { ExternalId = variant.ExternalId!, StockItemId = item });
                    rows.Add(new Row(state, planned, item, ShopifyMapper.Whole(CountOf(planned.Target)!.Value)));
                }
                else
                {
                    state.Mark([planned.Key], PushResult.Gone);
                }
            }
        }
    }

    private async Task SendAsync(ImmutableArray<Row> rows, int round, CancellationToken cancellationToken)
    {
        // After a fault of the whole channel, the rows that are left wait for the next try.
        rows = [.. rows.Where(row => !row.State.IsOver)];
        if (rows.IsEmpty)
        {
            return;
        }

        var askedAt = client.Clock.GetUtcNow() + client.ClockOffset;
        var answer = await client.SendAsync(
            ShopifyOperations.StockSet, new JsonObject { ["input"] = Input(rows), ["key"] = KeyOf("set", rows) }, Lane.Stock, cancellationToken);
        if (answer.Fault is { } fault)
        {
            foreach (var row in rows)
            {
                row.State.Fail([row.Planned.Key], fault, answer.MayHaveHappened);
            }

            return;
        }

        var payload = answer.Root("inventorySetQuantities");
        var errors = ShopifyErrors.UserErrors(payload);
        if (errors.IsEmpty)
        {
            // Where nothing had to change there is no group; the count was right at the latest when we asked.
            var group = payload is { } done ? ShopifyMapper.Child(done, "inventoryAdjustmentGroup") : null;
            var writtenAt = group is { ValueKind: JsonValueKind.Object } made ? ShopifyMapper.Instant(ShopifyMapper.Child(made, "createdAt")) : Stamp.At(askedAt);
            foreach (var row in rows)
            {
                Applied(row, writtenAt);
            }

            return;
        }

        if (errors.Any(error => error.Code == "IDEMPOTENCY_CONCURRENT_REQUEST"))
        {
            // The same command is still running at Shopify: whether it succeeds is for the next look to tell.
            foreach (var row in rows)
            {
                row.State.Fail([row.Planned.Key], new ChannelFault { Kind = ChannelFaultKind.Transient, Code = errors[0].Code!, Message = errors[0].Message }, mayHaveHappened: true);
            }

            return;
        }

        await IsolateAsync(rows, errors, round, cancellationToken);
    }

    private async Task IsolateAsync(ImmutableArray<Row> rows, ImmutableArray<ShopifyUserError> errors, int round, CancellationToken cancellationToken)
    {
        if (rows is [var only])
        {
            await RefuseAsync(only, errors[0], cancellationToken);
            return;
        }

        var named = errors.Select(error => (Error: error, Row: error.Row("quantities"))).Where(pair => pair.Row is { } at && at < rows.Length)
            .DistinctBy(pair => pair.Row).ToDictionary(pair => pair.Row!.Value, pair => pair.Error);
        if (named.Count > 0 && round < MaxRounds)
        {
            foreach (var (at, error) in named)
            {
                await RefuseAsync(rows[at], error, cancellationToken);
            }

            await SendAsync([.. rows.Where((_, index) => !named.ContainsKey(index))], round + 1, cancellationToken);
            return;
        }

        var byItem = rows.GroupBy(row => row.State).ToArray();
        foreach (var part in byItem.Length > 1 ? byItem.Select(group => group.ToImmutableArray()) : rows.Select(row => ImmutableArray.Create(row)))
        {
            await SendAsync(part, MaxRounds, cancellationToken);
        }
    }

    private async Task RefuseAsync(Row row, ShopifyUserError error, CancellationToken cancellationToken)
    {
        switch (error.Code)
        {
            case Stale or "COMPARE_QUANTITY_STALE":
                row.State.StockWasStale = true;
                row.State.NotSent([row.Planned.Key], "Shopify's count was another than expected: " + error.Message);
                return;
            case "ITEM_NOT_STOCKED_AT_LOCATION":
                await ActivateAsync(row, cancellationToken);
                return;
            case "INVALID_INVENTORY_ITEM":
                row.State.Mark([row.Planned.Key], PushResult.Gone);
                return;
            case "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED":
                row.State.NotSent([row.Planned.Key], error.Message);
                return;
            default:
                row.State.Reject(row.Planned.Key, error.Code ?? "REFUSED", error.Message);
                return;
        }
    }

    /// <summary>Up to API version 2026-07 an item must be stocked at a location before it can be counted there.</summary>
    private async Task ActivateAsync(Row row, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(ShopifyOperations.StockActivate, new JsonObject
        {
            ["item"] = ShopifyGid.Item(row.ItemId),
            ["location"] = ShopifyGid.Location(row.Location),
            ["available"] = row.Count,
            ["key"] = KeyOf("activate", [row]),
        }, Lane.Stock, cancellationToken);
        if (answer.Fault is { } fault)
        {
            row.State.Fail([row.Planned.Key], fault, answer.MayHaveHappened);
            return;
        }

        var payload = answer.Root("inventoryActivate");
        if (ShopifyErrors.UserErrors(payload) is [var error, ..])
        {
            row.State.Reject(row.Planned.Key, error.Code ?? "REFUSED", error.Message);
            return;
        }

        var level = payload is { } done && ShopifyMapper.Child(done, "inventoryLevel") is { ValueKind: JsonValueKind.Object } node
            ? ShopifyMapper.Level(node, tracked: true) : null;
        Applied(row, level?.Version);
    }

    /// <summary>The answer holds no counts, so ours stand for them.</summary>
    private static void Applied(Row row, Stamp? writtenAt)
    {
        row.State.Mark([row.Planned.Key], PushResult.Applied);
        if (writtenAt is { } version)
        {
            row.State.Learn(new ObservedVariant
            {
                ExternalId = row.VariantId,
                StockItemId = row.ItemId,
                Stock = [new ObservedStock { LocationId = row.Location, Quantity = row.Count, Version = version }],
            });
        }
    }

    private static JsonObject Input(ImmutableArray<Row> rows) => new()
    {
        ["name"] = "available",
        ["reason"] = "correction",
        ["referenceDocumentUri"] = "actorsync://stock/" + Uri.EscapeDataString(rows[0].State.Item.PushId),
        ["quantities"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject
        {
            ["inventoryItemId"] = ShopifyGid.Item(row.ItemId),
            ["locationId"] = ShopifyGid.Location(row.Location),
            ["quantity"] = row.Count,
            // Must be present: an explicit null says that the count there is not known to us.
            ["changeFromQuantity"] = row.Planned.Held is { } held && CountOf(held) is { } before ? ShopifyMapper.Whole(before) : null,
        })]),
    };

    /// <summary>The same rows of the same pushes give the same key, so a repetition is recognised; a new attempt has new push ids.</summary>
    private static string KeyOf(string verb, ImmutableArray<Row> rows)
    {
        var text = string.Join('\n', rows.Select(row => $"{row.State.Item.PushId} {row.ItemId} {row.Location} {row.Count} {row.Planned.Held?.Text}"));
        return $"actorsync-{verb}-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }

    private sealed record Row(ShopifyPushState State, PlannedValue Planned, string ItemId, long Count)
    {
        public string Location => Planned.Key.Part!;
        public string VariantId => State.Item.Target.Variants.First(variant => variant.Id == Planned.Key.Variant).ExternalId!;
    }
}
