using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.JtlFfn;

/// <summary>Writes. Every variant is a thing of its own at JTL: made, changed and removed by itself, one call each.</summary>
internal sealed partial class JtlChannel
{
    public async Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken)
    {
        var outcomes = ImmutableArray.CreateBuilder<PushOutcome>(items.Length);
        foreach (var item in items)
        {
            var ledger = new JtlLedger(item, client.Clock.GetUtcNow());
            foreach (var variant in item.Target.Variants.Where(variant => ledger.KeysOf(variant.Id).Any()))
            {
                if (ledger.Fault is not null)
                {
                    // The connection is at fault: the rest waits for it.
                    break;
                }

                await (variant switch
                {
                    { Remove: true } => RemoveAsync(ledger, variant, cancellationToken),
                    { ExternalId: null } => CreateAsync(ledger, variant, cancellationToken),
                    _ => UpdateAsync(ledger, variant, variant.ExternalId, cancellationToken),
                });
            }

            outcomes.Add(ledger.Outcome(client.ClockOffset));
        }

        return outcomes.MoveToImmutable();
    }

    private async Task CreateAsync(JtlLedger ledger, DesiredVariant variant, CancellationToken cancellationToken)
    {
        if (variant.Fields.GetValueOrDefault(Fields.Sku).Text is not { } sku)
        {
            ledger.Reject(ledger.KeysOf(variant.Id), "NO_SKU", "JTL knows products by their SKU; this variant has none.");
            return;
        }

        if (ledger.Item.MayHaveHappened)
        {
            var (found, fault) = await FindBySkuAsync(sku, cancellationToken);
            if (fault is not null)
            {
                ledger.Fail(variant.Id, PushResult.NotSent, fault);
                return;
            }

            if (found is { } made)
            {
                await AdoptAsync(ledger, variant, made, cancellationToken);
                return;
            }
        }

        var write = JtlWrite.Create(variant.Fields, ledger.Item.Product);
        var answer = await client.PostAsync("products", write.Body, cancellationToken);
        switch (answer.Effect)
        {
            case JtlEffect.Done when JtlMapper.Jfsku(answer.Json) is { } jfsku:
                if (await MayFulfillersSeeAsync(ledger, variant.Id, jfsku, cancellationToken))
                {
                    ledger.Bind(variant.Id, jfsku);
                    ledger.Settle(variant.Id, PushResult.Applied);
                    ledger.Refuse(variant.Id, write.Refused);
                    ledger.Saw(answer.Json);
                }

                break;
            case JtlEffect.Adopt:
                await AdoptNamedAsync(ledger, variant, answer, sku, cancellationToken);
                break;
            default:
                Conclude(ledger, variant.Id, answer.Effect == JtlEffect.Done ? answer with { Effect = JtlEffect.Unknown } : answer);
                break;
        }
    }

    /// <summary>
    /// A fulfiller sees, counts and ships only what it was authorised for: each that runs one of this channel's warehouses. False = the connection failed on
    /// the way; the thing is not bound then, so that the next try finds it and goes on here.
    /// </summary>
    private async Task<bool> MayFulfillersSeeAsync(JtlLedger ledger, VariantId variant, string jfsku, CancellationToken cancellationToken)
    {
        if (settings.Locations.IsDefaultOrEmpty)
        {
            return true;
        }

        var warehouses = await client.GetAsync("warehouses", [new("$top", MaxPerPage.ToString())], Lane.Content, cancellationToken);
        if (!warehouses.Ok)
        {
            ledger.Fail(variant, PushResult.Unknown, warehouses.FaultOrError);
            return false;
        }

        var fulfillers = JtlMapper.List(warehouses.Json, "items")
            .Where(row => settings.Locations.Any(location => location.LocationId == JtlMapper.Text(row, "warehouseId")))
            .Select(row => JtlMapper.Text(row, "fulfillerId")).OfType<string>().Distinct(StringComparer.Ordinal);
        foreach (var fulfiller in fulfillers)
        {
            var answer = await client.PostAsync($"{Path(jfsku)}/authorizations", new JsonObject { ["fulfillerId"] = fulfiller }, cancellationToken);
            if (answer.Effect is JtlEffect.NotSent or JtlEffect.Unknown)
            {
                ledger.Fail(variant, PushResult.Unknown, answer.FaultOrError);
                return false;
            }

            if (answer.Effect != JtlEffect.Done)
            {
                ledger.Remark($"JTL's product {jfsku} was made, but fulfiller {fulfiller} cannot see it: {answer.FaultOrError.Message}");
            }
        }

        return true;
    }

    /// <summary>JTL says that the SKU is there already and, where we are lucky, under which id.</summary>
    private async Task AdoptNamedAsync(JtlLedger ledger, DesiredVariant variant, JtlAnswer answer, string sku, CancellationToken cancellationToken)
    {
        var (row, fault) = answer.Jfsku is { } jfsku && await ReadRowAsync(jfsku, cancellationToken) is var (named, _, failed)
            ? (named, failed)
            : await FindBySkuAsync(sku, cancellationToken);
        if (fault is not null)
        {
            ledger.Fail(variant.Id, PushResult.NotSent, fault);
        }
        else if (row is { } found)
        {
            await AdoptAsync(ledger, variant, found, cancellationToken);
        }
        else
        {
            ledger.Reject(ledger.KeysOf(variant.Id), answer.Code, answer.Message);
        }
    }

    private async Task AdoptAsync(JtlLedger ledger, DesiredVariant variant, JsonElement row, CancellationToken cancellationToken)
    {
        var owner = JtlMapper.HubId(row);
        if (owner == ledger.Item.Product.Value)
        {
            // Ours: an earlier try made it, and its answer or what had to follow was lost.
            if (await MayFulfillersSeeAsync(ledger, variant.Id, JtlMapper.Jfsku(row)!, cancellationToken))
            {
                ledger.Bind(variant.Id, JtlMapper.Jfsku(row)!);
                await UpdateAsync(ledger, variant, JtlMapper.Jfsku(row)!, cancellationToken);
            }

            return;
        }

        if (owner is not null)
        {
            ledger.Reject(ledger.KeysOf(variant.Id), "OTHER_OWNER", $"JTL's product {JtlMapper.Jfsku(row)} has this SKU and belongs to hub product {owner}.");
            return;
        }

        // A stranger with our SKU: the hub meets it like any first contact, and nothing of it is overwritten before that.
        ledger.Bind(variant.Id, JtlMapper.Jfsku(row)!);
        ledger.Settle(variant.Id, PushResult.NotSent);
        ledger.Saw(row);
        var marked = new JsonArray([.. JtlMapper.List(row, "attributes").Select(attribute => JsonNode.Parse(attribute.GetRawText()))]);
        marked.Add((JsonNode)new JsonObject { ["key"] = JtlFields.HubIdAttribute, ["value"] = ledger.Item.Product.Value, ["attributeType"] = "String" });
        var answer = await client.PatchAsync(Path(JtlMapper.Jfsku(row)!), new JsonObject { ["attributes"] = marked }, cancellationToken);
        if (!answer.Ok)
        {
            ledger.Remark($"JTL's product {JtlMapper.Jfsku(row)} was linked, but could not be marked as ours: {answer.FaultOrError.Message}");
        }
    }

    private async Task UpdateAsync(JtlLedger ledger, DesiredVariant variant, string jfsku, CancellationToken cancellationToken)
    {
        var fields = ledger.KeysOf(variant.Id).Select(key => key.Field).ToImmutableHashSet(StringComparer.Ordinal);
        JsonElement? current = null;
        if (JtlWrite.NeedsCurrent(fields))
        {
            var (row, isGone, fault) = await ReadRowAsync(jfsku, cancellationToken);
            if (row is null)
            {
                Missing(ledger, variant.Id, isGone, fault);
                return;
            }

            current = row;
        }

        var write = JtlWrite.Update(variant.Fields, fields, current);
        if (write.Body.Count > 0)
        {
            var answer = await client.PatchAsync(Path(jfsku), write.Body, cancellationToken);
            if (!answer.Ok)
            {
                Conclude(ledger, variant.Id, answer);
                return;
            }
        }

        ledger.Settle(variant.Id, PushResult.Applied);
        ledger.Refuse(variant.Id, write.Refused);
        // A change is answered without the object; what JTL made of it has to be seen.
        var (shown, _, _) = await ReadRowAsync(jfsku, cancellationToken);
        if (shown is { } after)
        {
            ledger.Saw(after);
        }
    }

    private async Task RemoveAsync(JtlLedger ledger, DesiredVariant variant, CancellationToken cancellationToken)
    {
        if (variant.ExternalId is not { } jfsku)
        {
            ledger.Settle(variant.Id, PushResult.Applied);
            return;
        }

        var answer = await client.DeleteAsync(Path(jfsku), cancellationToken);
        Conclude(ledger, variant.Id, answer.Effect == JtlEffect.Gone ? answer with { Effect = JtlEffect.Done } : answer);
    }

    private static string Path(string jfsku) => $"products/{Uri.EscapeDataString(jfsku)}";

    private static void Missing(JtlLedger ledger, VariantId variant, bool isGone, ChannelFault? fault)
    {
        if (isGone)
        {
            ledger.MarkGone(variant);
        }
        else
        {
            ledger.Fail(variant, PushResult.NotSent, fault!);
        }
    }

    private static void Conclude(JtlLedger ledger, VariantId variant, JtlAnswer answer)
    {
        switch (answer.Effect)
        {
            case JtlEffect.Done:
                ledger.Settle(variant, PushResult.Applied);
                break;
            case JtlEffect.Gone:
                ledger.MarkGone(variant);
                break;
            case JtlEffect.NotSent or JtlEffect.Unknown:
                ledger.Fail(variant, answer.Effect == JtlEffect.Unknown ? PushResult.Unknown : PushResult.NotSent, answer.FaultOrError);
                break;
            default:
                ledger.Reject(ledger.KeysOf(variant), answer.Code.Length > 0 ? answer.Code : "refused", answer.Message);
                break;
        }
    }
}
