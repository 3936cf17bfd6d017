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
    private const int MaxSkusPerSearch = 80;
    private static readonly string[] Any = ["any"];
    private static readonly string[] AnyAndTrash = ["any", "trash"];

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

    /// <summary>The product to adopt instead of creating one: ours by the hub id, else the only one with our SKU that no hub product claims.</summary>
    private static JsonElement? Choose(PushLedger ledger, List<JsonElement> candidates)
    {
        if (candidates.Count == 0)
        {
            return null;
        }

        var ours = candidates.Where(row => WooMapper.HubId(row) == ledger.Item.Product.Value).ToArray();
        if (ours.Length > 0)
        {
            return ours[0];
        }

        var free = candidates.Where(row => WooMapper.HubId(row) is null).ToArray();
        if (free.Length == 1 && candidates.Count == 1)
        {
            return free[0];
        }

        var ids = string.Join(", ", candidates.Select(WooMapper.Id));
        ledger.RejectWhole("SKU_TAKEN", candidates.Count == 1
            ? $"Product {ids} of the shop has the same SKU and belongs to another product of the hub."
            : $"Products {ids} of the shop have SKUs of this product; which of them is meant has to be decided by a person.");
        return null;
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

    /// <summary>
    /// Takes an existing product for the one to create. What it holds is told as it is: of one that an earlier try made, registers that agree count as applied;
    /// everything else as not sent, so that it is judged like any other value that the shop has.
    /// </summary>
    private async Task AdoptAsync(PushLedger ledger, JsonElement row, Lane lane, CancellationToken cancellationToken)
    {
        var item = ledger.Item;
        var id = WooMapper.Id(row);
        ledger.ExternalId = id;
        ledger.Saw(row);
        var options = WooMapper.VariationAttributes(row);
        var now = client.Clock.GetUtcNow() + client.ClockOffset;
        if (WooMapper.IsVariable(row))
        {
            var (rows, fault) = await ReadVariationsAsync(id, null, lane, cancellationToken);
            if (fault is not null)
            {
                ledger.CloseFailed(PushResult.NotSent, fault);
                return;
            }

            ledger.CurrentVariations = rows.ToDictionary(WooMapper.Id, StringComparer.Ordinal);
        }

        if (WooMapper.HubId(row) != item.Product.Value)
        {
            // A stranger with our SKU: its variants are matched by the hub at first contact, and nothing of it is overwritten before that.
            foreach (var variation in ledger.CurrentVariations is { } all ? [.. all.Values] : Array.Empty<JsonElement>())
            {
                ledger.SawVariation(variation);
            }

            ledger.Close(PushResult.NotSent);
            return;
        }

        foreach (var variant in item.Target.Variants.Where(v => !v.Remove))
        {
            var external = WooMapper.IsVariable(row) ? Match(ledger.CurrentVariations, variant, options) : item.Target.Options.IsEmpty ? id : null;
            if (external is not null)
            {
                ledger.Bind(variant.Id, external);
                if (external != id)
                {
                    ledger.SawVariation(ledger.CurrentVariations![external]);
                }
            }
        }

        var held = WooMapper.Product(row, ledger.CurrentVariations is { } known ? [.. known.Values] : null, WooForm.Edit, now, terms.Facts);
        foreach (var planned in item.Delta)
        {
            ledger.Settle([planned.Key], Holds(held, ledger, planned) ? PushResult.Applied : PushResult.NotSent);
        }

        if (WooMapper.Text(row, "sku") != WooFields.InterimSku(item.Product))
        {
            ledger.Close(PushResult.NotSent);
        }
    }

    private bool Holds(ObservedProduct held, PushLedger ledger, PlannedValue planned)
    {
        var key = planned.Key;
        if (key.Field is WooFields.Tags or WooFields.Categories)
        {
            var has = held.Sets.GetValueOrDefault(key.Field, []).Any(element => canon.ElementKey(key.Field, element) == canon.ElementKey(key.Field, key.Part ?? ""));
            return has == (!planned.Target.IsEmpty && planned.Target != FieldValue.False);
        }

        FieldValue? value;
        if (key.Variant is { } variant)
        {
            var observed = held.Variants.FirstOrDefault(v => v.ExternalId == ledger.BoundTo(variant));
            if (observed is null)
            {
                return false;
            }

            value = key.Field switch
            {
                WooFields.Available => observed.Stock is [{ Quantity: { } count }, ..] ? Canonical.Decimal(count) : FieldValue.Empty,
                WooFields.OptionValues or WooFields.Exists => planned.Target,
                _ => observed.Fields.TryGetValue(key.Field, out var own) ? own : null,
            };
        }
        else
        {
            value = key.Field == WooFields.Options ? planned.Target : held.Fields.TryGetValue(key.Field, out var own) ? own : null;
        }

        return value is { } known ? canon.Form(key.Field, known) == canon.Form(key.Field, planned.Target) : planned.Target.IsEmpty;
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
