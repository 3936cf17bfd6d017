using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// Creates. A SKU is unique in a shop, trash included, so it is what makes a create repeatable: what a lost answer left behind is found by it. A product whose
/// own row has no SKU (variable, or a variant without one) carries an interim one until it is complete. Everything else has its final value from the first
/// call on: an interim state that a webhook shows would be taken for a merchant's edit.
/// </summary>
internal sealed partial class WooChannel
{
    private async Task CreateAsync(PushLedger[] ledgers, Lane lane, CancellationToken cancellationToken)
    {
        if (ledgers.Length == 0)
        {
            return;
        }

        var (found, fault) = await FindCandidatesAsync([.. ledgers.Select(l => l.Item)], withTrash: false, lane, cancellationToken);
        fault ??= await terms.PrepareAsync([.. ledgers.Select(l => l.Item)], lane, cancellationToken);
        if (fault is not null)
        {
            foreach (var ledger in ledgers)
            {
                ledger.CloseFailed(PushResult.NotSent, fault);
            }

            return;
        }

        var writes = new List<WooWrite>();
        var adopted = new List<(PushLedger Ledger, JsonElement Row)>();
        foreach (var ledger in ledgers)
        {
            if (Choose(ledger, found[ledger.Item.Product]) is { } row)
            {
                adopted.Add((ledger, row));
            }
            else if (!ledger.IsClosed && ComposeCreate(ledger) is { } write)
            {
                writes.Add(write);
            }
        }

        adopted.AddRange(await CreateProductsAsync(writes, lane, cancellationToken));
        foreach (var (ledger, row) in adopted)
        {
            await AdoptAsync(ledger, row, lane, cancellationToken);
        }

        var made = ledgers.Where(l => !l.IsClosed && l.ExternalId is not null && l.ProductRow is not null).ToArray();
        await CompleteCreatedAsync(made, lane, cancellationToken);
    }

    private WooWrite? ComposeCreate(PushLedger ledger)
    {
        var item = ledger.Item;
        var target = item.Target;
        var living = target.Variants.Where(v => !v.Remove).ToArray();
        var isVariable = target.Options.Length > 0;
        var write = new WooWrite(ledger, WooWriteKind.Create, 0, null);
        WooMapper.WriteProduct(write, null, terms, canon);
        if (!item.Delta.Any(p => p.Key is { Field: WooFields.Name, Variant: null } && !p.Target.IsEmpty))
        {
            if (target.Fields.GetValueOrDefault(WooFields.Name).Text is not { Length: > 0 } name)
            {
                ledger.RejectWhole("NAME_EMPTY", "A product of a WooCommerce shop needs a name.");
                return null;
            }

            write.Set("name", WooHtml.ProtectPlainText(name));
        }

        if (!isVariable && living.Length > 1)
        {
            ledger.RejectWhole("VARIANTS_WITHOUT_OPTIONS", $"The product has {living.Length} variants and no options that tell them apart; a WooCommerce shop needs options.");
            return null;
        }

        if (isVariable && living.GroupBy(v => string.Join('\n', v.OptionValues), StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            ledger.RejectWhole("SAME_OPTION_VALUES", $"Two variants have the same option values ({twice.Key.Replace("\n", ", ", StringComparison.Ordinal)}); a WooCommerce shop could not tell them apart.");
            return null;
        }

        write.Set("type", isVariable ? "variable" : "simple");
        write.Meta(WooFields.HubIdMeta, item.Product.Value);
        if (isVariable)
        {
            WooMapper.WriteTaxOfFamily(write);
            write.Set("attributes", WooMapper.NewAttributes(target), [.. item.Delta.Where(p => p.Key.Field == WooFields.Options).Select(p => p.Key)]);
        }
        else if (living.Length == 1)
        {
            WooMapper.WriteVariant(write, living[0], null, [], [], client.Clock.GetUtcNow(), terms.Facts);
        }

        var hasSku = !isVariable && living.Length == 1 && item.Delta.Any(p => p.Key.Field == WooFields.Sku && !string.IsNullOrWhiteSpace(p.Target.Text));
        if (!hasSku)
        {
            write.Set("sku", WooFields.InterimSku(item.Product), [.. item.Delta.Where(p => p.Key.Field == WooFields.Sku && !isVariable).Select(p => p.Key)]);
        }

        if (!item.Delta.Any(p => p.Key is { Field: WooFields.IsActive, Variant: null }))
        {
            // Without a word the shop would publish it.
            write.Set("status", "draft");
        }

        return write;
    }

    /// <summary>Sends creates; answers those whose SKU turned out to belong to a product that can be adopted.</summary>
    private async Task<List<(PushLedger Ledger, JsonElement Row)>> CreateProductsAsync(List<WooWrite> writes, Lane lane, CancellationToken cancellationToken)
    {
        var adoptable = new List<(PushLedger, JsonElement)>();
        var waiting = writes;
        for (var round = 1; waiting.Count > 0; round++)
        {
            var results = await SendAsync("products", waiting, lane, cancellationToken);
            waiting = [];
            foreach (var result in results)
            {
                var (write, effect, row, error, fault, sentAt) = result;
                var ledger = write.Ledger;
                ledger.SentAt = sentAt;
                switch (effect)
                {
                    case WooEffect.Done:
                        ledger.Settle(write.Keys, PushResult.Applied);
                        ledger.ExternalId = WooMapper.Id(row);
                        ledger.Saw(row);
                        break;
                    case WooEffect.NotSent or WooEffect.Unknown:
                        ledger.CloseFailed(effect == WooEffect.NotSent ? PushResult.NotSent : PushResult.Unknown, fault ?? Unexplained(error));
                        break;
                    case WooEffect.Refused when error is { Code: WooErrors.SkuTaken, ResourceId: { } owner }:
                        if (await OwnerAsync(ledger, owner, lane, cancellationToken) is { } taken)
                        {
                            adoptable.Add((ledger, taken));
                        }

                        break;
                    case WooEffect.Refused when error is { Code: WooErrors.SkuBlocked }:
                        await RejectBlockedAsync(ledger, error, lane, cancellationToken);
                        break;
                    default:
                        if (round == MaxRounds || !TakeOut(write, error!))
                        {
                            ledger.RejectWhole(error!.Code, error.Message);
                        }
                        else
                        {
                            waiting.Add(write);
                        }

                        break;
                }
            }
        }

        return adoptable;
    }

    /// <summary>Takes refused members out of a create, so that the rest can be made; false when the refusal is about the whole of it.</summary>
    private static bool TakeOut(WooWrite write, WooError error)
    {
        var culprits = write.Remove(Culprits(error).Where(member => member is not ("sku" or "name" or "status" or "type" or "attributes" or "meta_data")));
        foreach (var key in culprits)
        {
            write.Ledger.Reject(key, error.Code, error.Message);
        }

        return !culprits.IsEmpty;
    }

    private async Task<JsonElement?> OwnerAsync(PushLedger ledger, long owner, Lane lane, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync($"products/{owner}", [new("context", "edit"), new("_fields", WooFields.Members)], lane, cancellationToken);
        if (answer.Ok && ParentId(answer.Json) is { } parent)
        {
            answer = await client.GetAsync($"products/{parent}", [new("context", "edit"), new("_fields", WooFields.Members)], lane, cancellationToken);
        }

        if (!answer.Ok)
        {
            ledger.CloseFailed(PushResult.NotSent, answer.FaultOrError);
            return null;
        }

        return Choose(ledger, [answer.Json]);
    }

    private async Task RejectBlockedAsync(PushLedger ledger, WooError error, Lane lane, CancellationToken cancellationToken)
    {
        var (found, fault) = await FindCandidatesAsync([ledger.Item], withTrash: true, lane, cancellationToken);
        if (fault is not null)
        {
            ledger.CloseFailed(PushResult.NotSent, fault);
            return;
        }

        var trashed = found[ledger.Item.Product].FirstOrDefault(WooMapper.IsTrash);
        var where = trashed.ValueKind == JsonValueKind.Object
            ? $"product {WooMapper.Id(trashed)} in the shop's trash; restore it or delete it permanently"
            : "a left-over row of the shop's product lookup table; regenerate it under WooCommerce, Status, Tools";
        ledger.RejectWhole(error.Code, $"The SKU is held by {where}.");
    }

    /// <summary>Adds the variations of products that were just made, then takes the interim SKU away.</summary>
    private async Task CompleteCreatedAsync(PushLedger[] ledgers, Lane lane, CancellationToken cancellationToken)
    {
        var families = new List<(PushLedger, List<WooWrite>)>();
        foreach (var ledger in ledgers)
        {
            var row = ledger.ProductRow!.Value;
            var living = ledger.Item.Target.Variants.Where(v => !v.Remove).ToArray();
            if (!WooMapper.IsVariable(row))
            {
                if (living.Length == 1)
                {
                    ledger.Bind(living[0].Id, ledger.ExternalId!);
                }

                continue;
            }

            var options = WooMapper.VariationAttributes(row);
            var rows = new List<WooWrite>();
            foreach (var variant in living.Where(v => ledger.BoundTo(v.Id) is null))
            {
                var write = new WooWrite(ledger, WooWriteKind.Create, 0, variant.Id);
                WooMapper.WriteVariant(write, variant, null, options, ledger.Item.Target.Options, client.Clock.GetUtcNow(), terms.Facts);
                rows.Add(write);
            }

            families.Add((ledger, rows));
        }

        await WriteVariationsAsync(families.Where(f => f.Item2.Count > 0), lane, cancellationToken);
        await FinishAsync(ledgers, lane, cancellationToken);
    }

    /// <summary>Takes the interim SKU from families that are complete. Without any variation it stays, and the next try finds the product by it.</summary>
    private async Task FinishAsync(IEnumerable<PushLedger> ledgers, Lane lane, CancellationToken cancellationToken)
    {
        var finishing = new List<WooWrite>();
        foreach (var ledger in ledgers.Where(l => !l.IsClosed && l.ProductRow is { } row && WooMapper.IsUnfinished(row)))
        {
            var isHomeless = ledger.Item.Target.Variants.Any(v => !v.Remove && v.ExternalId == ledger.ExternalId && ledger.BoundTo(v.Id) is null);
            if (!WooMapper.IsVariable(ledger.ProductRow!.Value) || (ledger.HasVariations && !isHomeless))
            {
                var write = new WooWrite(ledger, WooWriteKind.Update, long.Parse(ledger.ExternalId!, CultureInfo.InvariantCulture), null);
                write.Set("sku", "");
                finishing.Add(write);
            }
        }

        await WriteAsync("products", finishing, lane, (write, row) => SawProduct(write.Ledger, row), cancellationToken);
    }

    private static ChannelFault Unexplained(WooError? error) => new()
    {
        Kind = ChannelFaultKind.Transient,
        Code = error?.Code ?? "UNEXPECTED_ANSWER",
        Message = error?.Message ?? "The shop did not say what became of the item.",
    };
}
