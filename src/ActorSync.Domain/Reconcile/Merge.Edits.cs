using ActorSync.Domain.Products;
using ActorSync.Domain.Stock;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    private readonly ImmutableArray<RegisterKey>.Builder accepted = ImmutableArray.CreateBuilder<RegisterKey>();
    private readonly ImmutableArray<RefusedEdit>.Builder refused = ImmutableArray.CreateBuilder<RefusedEdit>();

    public EditDecision Edit(HubEdit edit)
    {
        foreach (var field in edit.Fields)
        {
            EditField(field, edit);
        }

        foreach (var level in edit.Stock)
        {
            EditStock(level, edit);
        }

        if (variants.IsEmpty && accepted.Count > 0)
        {
            AddHubVariant(new VariantId(nextVariant), edit.Actor);
        }

        return FinishEdit(accepted.ToImmutable(), refused.ToImmutable());
    }

    private void EditField(FieldEdit edit, HubEdit whole)
    {
        var field = Fields.Get(edit.Key.Field);
        var key = field.Type == FieldType.Money && edit.Key.Part is null ? edit.Key with { Part = policy.Currency } : edit.Key;
        if (field.Class == OwnerClass.Stock)
        {
            throw new ArgumentException($"'{key}' is stock; it is edited by HubEdit.Stock, per warehouse.", nameof(edit));
        }

        if ((field.Scope == FieldScope.Variant) != (key.Variant is not null))
        {
            throw new ArgumentException($"'{key}' does not fit: {field.Name} belongs to the {field.Scope.ToString().ToLowerInvariant()}.", nameof(edit));
        }

        if (life == ProductLife.Deleted)
        {
            Refuse(key, MergeRule.DeletePolicy, null, null, "The product is deleted; restore it first.");
            return;
        }

        if (key.Variant is { } variant && field.Name != Fields.Exists && !HasVariant(variant, whole.Actor))
        {
            Refuse(key, MergeRule.DeletePolicy, null, null, $"Variant {variant} was removed; its number is not used again.");
            return;
        }

        if (edit.ClearOverride)
        {
            if (key.Scope is null)
            {
                throw new ArgumentException($"'{key}' names no channel, so there is no override to drop.", nameof(edit));
            }

            if (registers.TryGetValue(key, out var dropped))
            {
                registers.Remove(key);
                changedBy = Origin.Hub;
                Log(LogAction.Updated, Origin.Hub, key, dropped.Claims[0].Value, null, MergeRule.Newer, actor: whole.Actor, detail: "override dropped");
            }

            accepted.Add(key);
            return;
        }

        if (field.Name == Fields.Images && key.Part is null)
        {
            EditImages(field, key, edit.Images ?? [.. (edit.Elements ?? []).Select(url => new ImageEdit { Url = url })], whole);
            return;
        }

        if (field.Type == FieldType.Set && key.Part is null)
        {
            EditSet(field, key, edit.Elements ?? [], whole);
            return;
        }

        if (field.Name == Fields.Exists && edit.Value == FieldValue.False && !variants.Any(v => v.Exists && v.Id != key.Variant))
        {
            Refuse(key, MergeRule.DeletePolicy, null, null, "A product keeps at least one variant; delete the product instead.");
            return;
        }

        EditRegister(field, key, edit.Value, whole);
    }

    /// <summary>A living variant; a number that was never used makes a new one.</summary>
    private bool HasVariant(VariantId id, string actor)
    {
        foreach (var variant in variants)
        {
            if (variant.Id == id)
            {
                return variant.Exists;
            }
        }

        if (id.Value < nextVariant)
        {
            return false;
        }

        AddHubVariant(id, actor);
        return true;
    }

    private void AddHubVariant(VariantId id, string actor)
    {
        var stamp = Stamp.At(now);
        var claim = new Claim { Origin = Origin.Hub, Value = FieldValue.True, Source = stamp, Effective = stamp, LearnedAt = now, AtVersion = start.Version };
        var key = new RegisterKey(Fields.Exists, id);
        Judge(key, Origin.Hub, null, claim, Place(key, Fields.Get(Fields.Exists), OwnerClass.Shared, claim), null, actor);
    }

    /// <summary>A whole list: what is new is added, what is missing is removed, element by element.</summary>
    private void EditSet(FieldDefinition field, RegisterKey key, ImmutableArray<string> elements, HubEdit whole)
    {
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var element in elements)
        {
            var part = Canonical.ElementKey(element);
            if (part.Length > 0)
            {
                wanted.TryAdd(part, element.Trim());
            }
        }

        var before = accepted.Count + refused.Count;
        foreach (var (part, text) in wanted)
        {
            var element = key with { Part = part };
            if (Winner(element) is not { Value.IsEmpty: false })
            {
                EditRegister(field, element, new FieldValue(text), whole);
            }
        }

        foreach (var known in registers.Keys.Where(k => k.Part is not null && k.Scope == key.Scope && k.Field == field.Name && !wanted.ContainsKey(k.Part)).ToList())
        {
            if (Winner(known) is { Value.IsEmpty: false })
            {
                EditRegister(field, known, FieldValue.Empty, whole);
            }
        }

        if (accepted.Count + refused.Count == before)
        {
            accepted.Add(key);
        }
    }

    private void EditRegister(FieldDefinition field, RegisterKey key, FieldValue value, HubEdit whole)
    {
        var owners = policy.ClassOf(field);
        var current = Winner(key);
        if (current is not null && current.Value == value)
        {
            if (whole.Force)
            {
                CloseRows(key, null, "override", whole.Actor);
            }

            accepted.Add(key);
            return;
        }

        var own = ClaimOf(key, Origin.Hub);
        var isKnowing = whole.Force || (whole.SeenVersion is { } seen && current is not null && seen > current.AtVersion);
        var source = Stamp.Max(Stamp.At(now), own is null ? Stamp.Zero : own.Source.Next);
        var bonus = Ownership.IsPreferred(owners, OriginKind.Hub) ? policy.ConflictWindow : TimeSpan.Zero;
        var floor = own is null || Off(RuleSwitch.M10) ? Stamp.Zero : own.Effective.Next;
        if (isKnowing && current is not null)
        {
            // It was made on top of the value that stands: later by cause, whatever the clocks say.
            source = Stamp.Max(source, current.Source.Next);
        }

        var effective = Stamp.Max(source.Plus(bonus), floor);
        if (isKnowing && current is not null)
        {
            effective = Stamp.Max(effective, current.Effective.Next);
        }

        var claim = new Claim
        {
            Origin = Origin.Hub,
            Value = value,
            Source = source,
            Effective = effective,
            LearnedAt = now,
            AtVersion = start.Version,
            Floor = floor,
        };
        var winner = Place(key, field, owners, claim);
        var hasWon = ReferenceEquals(winner, claim);
        var why = isKnowing && hasWon && current is not null && current.Origin != Origin.Hub ? MergeRule.Knowing : (MergeRule?)null;
        Judge(key, Origin.Hub, current, claim, winner, null, whole.Actor, why);
        if (whole.Force)
        {
            CloseRows(key, null, "override", whole.Actor);
        }

        if (current is not null)
        {
            var isOther = current.Origin != Origin.Hub;
            var isBlind = whole.SeenVersion is not null && !isKnowing && !Off(RuleSwitch.M12);
            var isWithin = isOther && IsWithinWindow(source, current.Source);
            var isLost = !hasWon && !Off(RuleSwitch.M12);
            if (isBlind || isWithin || isLost)
            {
                WriteContest(key, current, claim, winner, why, isKnowing ? (whole.Force ? "override" : "knowing-edit") : null, whole.Actor);
            }
        }

        if (hasWon)
        {
            accepted.Add(key);
            return;
        }

        var rule = RuleOf(winner, claim);
        rule = rule == MergeRule.Newer ? MergeRule.Older : rule;
        Refuse(key, rule, winner, ConflictRows.IdOf(start.Id, key, value, source),
            $"{key} stays '{winner.Value}' of {winner.Origin}: {Rules.Describe(rule)} To set it all the same, send the version that you saw, or force.");
    }

    private void Refuse(RegisterKey key, MergeRule rule, Claim? winner, string? conflictId, string message) => refused.Add(new RefusedEdit
    {
        Key = key,
        Rule = rule,
        Winner = winner?.Origin,
        WinnerValue = winner?.Value,
        ConflictId = conflictId,
        Message = message,
    });

    private void EditStock(StockEdit edit, HubEdit whole)
    {
        var key = new RegisterKey(Fields.Available, edit.Variant, edit.Warehouse);
        if (!policy.MaySayStock(Origin.Hub))
        {
            Refuse(key, MergeRule.StockOrigin, null, null, policy.StockOrigin is { } named
                ? $"Stock is said by {named} for this tenant; change it there, or make the hub the stock's origin."
                : "Nobody says the stock of this tenant; make the hub the stock's origin first.");
            return;
        }

        if (!HasVariant(edit.Variant, whole.Actor))
        {
            Refuse(key, MergeRule.DeletePolicy, null, null, $"Variant {edit.Variant} was removed; its number is not used again.");
            return;
        }

        StockLevel? before = null;
        foreach (var level in stock.Levels)
        {
            if (level.Variant == edit.Variant && string.Equals(level.Warehouse, edit.Warehouse, StringComparison.Ordinal))
            {
                before = level;
            }
        }

        stock = StockRules.SetLevel(now, policy, stock, new StockLevel
        {
            Variant = edit.Variant,
            Warehouse = edit.Warehouse,
            Available = edit.Available,
            Reserved = edit.Reserved ?? before?.Reserved ?? 0,
            Announced = edit.Announced ?? before?.Announced ?? 0,
            Version = Stamp.Max(Stamp.At(now), before?.Version.Next ?? Stamp.Zero),
        });
        changedBy = Origin.Hub;
        Log(LogAction.Updated, Origin.Hub, key, before is null ? null : Canonical.Decimal(before.Available), Canonical.Decimal(edit.Available), MergeRule.StockOrigin,
            actor: whole.Actor);
        accepted.Add(key);
    }

    public EditDecision Delete(string actor, bool restore)
    {
        var wanted = restore ? ProductLife.Active : ProductLife.Deleted;
        var key = new RegisterKey(Fields.Exists);
        if (life != wanted)
        {
            life = wanted;
            changedBy = Origin.Hub;
            Log(restore ? LogAction.Created : LogAction.Deleted, Origin.Hub, actor: actor, detail: restore ? "restored" : null);
        }

        accepted.Add(key);
        return FinishEdit(accepted.ToImmutable(), []);
    }

    /// <summary>
    /// accept_local: what the hub said stays; accept_remote: the other place's value is set; merge: the given values are set and every meant row is closed.
    /// Whatever is set is an override. Where several remotes lost on one register and none is named, nothing happens to it and the candidates are named.
    /// </summary>
    public EditDecision Resolve(ConflictResolution resolution)
    {
        var edits = ImmutableArray.CreateBuilder<FieldEdit>();
        var meant = new List<ConflictRow>();
        foreach (var row in open)
        {
            if (resolution.ConflictId is null || string.Equals(row.Id, resolution.ConflictId, StringComparison.Ordinal))
            {
                meant.Add(row);
            }
        }

        if (resolution.Kind == ResolutionKind.Merge)
        {
            foreach (var (key, value) in resolution.Merge)
            {
                edits.Add(new FieldEdit { Key = key, Value = value });
            }
        }
        else
        {
            foreach (var group in meant.GroupBy(r => r.Key).ToList())
            {
                if (Choose(group, resolution) is not { } row)
                {
                    meant.RemoveAll(r => r.Key == group.Key);
                    continue;
                }

                var wantsLoser = (resolution.Kind == ResolutionKind.AcceptLocal) == (row.Loser == Origin.Hub);
                if (wantsLoser && (row.Key.Variant is not null || row.Key.Field != Fields.Exists))
                {
                    edits.Add(new FieldEdit { Key = row.Key, Value = row.LoserValue });
                }
            }
        }

        var name = NameOf(resolution.Kind);
        foreach (var row in meant)
        {
            if (IndexOfOpen(row.Id) is >= 0 and var index)
            {
                CloseRow(index, name, resolution.Actor);
                Log(LogAction.Resolved, Origin.Hub, row.Key, row.WinnerValue, row.LoserValue, MergeRule.Resolved, actor: resolution.Actor, detail: name);
            }
        }

        return Edit(new HubEdit { Fields = edits.ToImmutable(), Actor = resolution.Actor, Force = true });
    }

    private static string NameOf(ResolutionKind kind) => kind switch
    {
        ResolutionKind.AcceptLocal => "accept_local",
        ResolutionKind.AcceptRemote => "accept_remote",
        ResolutionKind.Merge => "merge",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Accepted are accept_local, accept_remote and merge."),
    };

    /// <summary>The row that decides a register: the newest of the named remote, or of the only one.</summary>
    private ConflictRow? Choose(IGrouping<RegisterKey, ConflictRow> group, ConflictResolution resolution)
    {
        ConflictRow? newest = null;
        foreach (var row in group)
        {
            if (resolution.Origin is not null && !string.Equals(Remote(row), resolution.Origin, StringComparison.Ordinal))
            {
                continue;
            }

            if (newest is not null && resolution is { Origin: null, Kind: ResolutionKind.AcceptRemote } && Remote(newest) != Remote(row))
            {
                var candidates = string.Join(", ", group.Select(Remote).Distinct(StringComparer.Ordinal));
                Refuse(group.Key, MergeRule.Resolved, Winner(group.Key), row.Id, $"{group.Key} differs at several places; name the origin to accept: {candidates}.");
                return null;
            }

            newest = newest is null || row.LoserSource > newest.LoserSource ? row : newest;
        }

        return newest;
    }

    private static string Remote(ConflictRow row) => row.Loser == Origin.Hub ? row.Winner.Id : row.Loser.Id;

    private int IndexOfOpen(string id)
    {
        for (var i = 0; i < open.Length; i++)
        {
            if (string.Equals(open[i].Id, id, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}
