using System.Text.Json.Nodes;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using ActorSync.Web.Stock;

namespace ActorSync.Web.Products;

/// <summary>Why each field has its value, and how each channel stands to it.</summary>
public sealed record Explanation(
    string Id, long Version, string SyncStatus, IReadOnlyList<ExplainedField> Fields, IReadOnlyList<ExplainedChannel> Channels, IReadOnlyList<PendingSale> PendingSales)
{
    internal static async Task<Explanation> OfAsync(ProductSnapshot snapshot, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken)
    {
        var product = snapshot.Product;
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        snapshot = snapshot with { Links = Names.InOrder(snapshot.Links, settings) };
        var plans = await catalogue.Product(caller.Tenant, product.Id.Value).PlansAsync();
        var history = await queries.HistoryAsync(product.Id, null, Lists.MaxLimit, cancellationToken);
        var rules = new Dictionary<RegisterKey, LogEntry>();
        foreach (var line in history.Items)
        {
            if (line.Entry is { Key: { } key, Rule: not null, Action: LogAction.Created or LogAction.Updated or LogAction.Resolved })
            {
                rules.TryAdd(key, line.Entry);
            }
        }

        var links = snapshot.Links.Select(l => (Channel: settings.Channels.FirstOrDefault(c => c.Id == l.Channel), Link: l)).Where(l => l.Channel is not null)
            .Select(l => (catalogue.Directory.ProfileOf(l.Channel!), l.Link)).ToList();
        var fields = product.Registers.Keys.Where(k => k.Scope is null).Order()
            .Select(key => ExplainedField.Of(Explanations.Of(product, key, links), snapshot, plans, rules.GetValueOrDefault(key), settings)).OfType<ExplainedField>();
        var channels = snapshot.Links.Select(link => ExplainedChannel.Of(link, plans.FirstOrDefault(p => p.Channel == link.Channel), settings, catalogue.Directory));
        return new Explanation(product.Id.Value, product.Version, snapshot.SyncStatus, [.. fields], [.. channels], PendingSale.Of(product, settings.Policy));
    }
}

/// <summary>One field: its value, who said so and when, by which rule, and the other claims.</summary>
public sealed record ExplainedField
{
    public required string Field { get; init; }
    public required string Label { get; init; }
    public string? Variant { get; init; }
    public string? Part { get; init; }
    public required string OwnerClass { get; init; }
    public required JsonNode? Value { get; init; }
    public required string Origin { get; init; }
    /// <summary>When it was made at its origin, as far as is known.</summary>
    public required DateTimeOffset SourceAt { get; init; }
    /// <summary>The time it competes with: source time plus the window for preferred origins.</summary>
    public required DateTimeOffset EffectiveAt { get; init; }
    public required DateTimeOffset LearnedAt { get; init; }
    public string? Rule { get; init; }
    public string? Why { get; init; }
    public string? Actor { get; init; }
    public required IReadOnlyList<ExplainedClaim> OtherClaims { get; init; }
    public required IReadOnlyList<ExplainedCell> Channels { get; init; }

    public static ExplainedField? Of(Domain.Reconcile.Explanation why, ProductSnapshot snapshot, ImmutableArray<ChannelPlan> plans, LogEntry? entry, TenantSettings settings)
    {
        if (why.Claims.IsEmpty)
        {
            return null;
        }

        var (key, winner) = (why.Key, why.Claims[0]);
        var field = Domain.Products.Fields.Find(key.Field);
        // The history knows by which rule it was decided; without a line of it the claims still tell.
        var isRecorded = entry is not null && entry.After == winner.Value;
        var rule = isRecorded ? entry!.Rule : why.Rule;
        return new ExplainedField
        {
            Field = key.Field,
            Label = Names.Field(key),
            Variant = key.Variant?.ToString(),
            Part = key.Part,
            OwnerClass = Names.Of(settings.Policy.ClassOverrides.TryGetValue(key.Field, out var custom) ? custom : field?.Class ?? Domain.Products.OwnerClass.Shared),
            Value = ProductBody.ToJson(field, winner.Value),
            Origin = winner.Origin.Id,
            SourceAt = winner.Source.Instant,
            EffectiveAt = winner.Effective.Instant,
            LearnedAt = winner.LearnedAt,
            Rule = rule is { } r ? Names.Of(r) : null,
            Why = rule is { } described ? Rules.Describe(described) : null,
            Actor = isRecorded ? entry!.Actor : null,
            OtherClaims = [.. why.Claims.Skip(1).Select(c => new ExplainedClaim(c.Origin.Id, ProductBody.ToJson(field, c.Value), c.Source.Instant, c.Effective.Instant))],
            Channels = [.. why.Channels.Select(c => ExplainedCell.Of(key, c, snapshot.Links.First(l => l.Channel == c.Channel), plans.FirstOrDefault(p => p.Channel == c.Channel))).OfType<ExplainedCell>()],
        };
    }
}

/// <summary>What another origin says of the field.</summary>
public sealed record ExplainedClaim(string Origin, JsonNode? Value, DateTimeOffset SourceAt, DateTimeOffset EffectiveAt);

/// <summary>One field at one channel.</summary>
public sealed record ExplainedCell
{
    public required string Channel { get; init; }
    /// <summary>What the channel holds; absent = not known.</summary>
    public JsonNode? Held { get; init; }
    /// <summary>What it should hold.</summary>
    public JsonNode? Target { get; init; }
    /// <summary>equal, differs, pending, withheld, unknown.</summary>
    public required string State { get; init; }
    public DateTimeOffset? LearnedAt { get; init; }
    /// <summary>What a push would send now.</summary>
    public JsonNode? WouldSend { get; init; }
    /// <summary>Why it is not sent.</summary>
    public string? Withheld { get; init; }
    public string? Detail { get; init; }

    public static ExplainedCell? Of(RegisterKey key, HeldExplanation at, LinkState link, ChannelPlan? plan)
    {
        var held = link.Registers.TryGetValue(key.Unscoped, out var known) ? known : null;
        var planned = plan?.Delta.FirstOrDefault(d => d.Key.Unscoped == key);
        var withheld = plan?.Withheld.FirstOrDefault(w => w.Key?.Unscoped == key) ?? plan?.Withheld.FirstOrDefault(w => w.Key is null);
        if (held is null && planned is null && withheld?.Key is null)
        {
            return null;
        }

        var field = Fields.Find(key.Field);
        var isPending = planned is not null || held?.Intents.Any(i => i.State is IntentState.Flight or IntentState.Unknown) == true;
        var isOpen = !at.IsClean && !isPending;
        return new ExplainedCell
        {
            Channel = at.Channel.Value,
            Held = ProductBody.ToJson(field, at.Held),
            Target = ProductBody.ToJson(field, at.Target),
            LearnedAt = held?.Last?.LearnedAt,
            State = isPending ? "pending" : at.IsClean ? "equal" : held?.Last is null ? "unknown" : withheld is not null || at.IsUndecided ? "withheld" : "differs",
            WouldSend = ProductBody.ToJson(field, planned?.Target),
            Withheld = !isOpen ? null : at.IsUndecided ? Names.Of(WithheldReason.Undecided) : withheld is { } w ? Names.Of(w.Reason) : null,
            Detail = isOpen ? at.Parked ?? withheld?.Detail : null,
        };
    }
}

/// <summary>One channel: what a push would do, and what holds it back.</summary>
public sealed record ExplainedChannel(
    string Id, string Status, string? ExternalId, string? EditUrl, DateTimeOffset? VerifiedAt, string? Action, IReadOnlyList<ExplainedChange> WouldSend,
    IReadOnlyList<ExplainedWithheld> Withheld, string? Guard, bool ReadFirst, int Attempts, string? LastError, DateTimeOffset? NextAttemptAt)
{
    public static ExplainedChannel Of(LinkState link, ChannelPlan? plan, TenantSettings settings, ITenantDirectory directory) => new(
        link.Channel.Value, Names.Of(link.Status), link.ExternalId, Names.EditUrl(link.Channel, link.ExternalId, settings, directory), link.ObservedAt,
        plan is { Delta.IsEmpty: false } ? Names.Of(plan.Action) : null,
        [.. (plan?.Delta ?? []).Select(ExplainedChange.Of)],
        [.. (plan?.Withheld ?? []).Select(w => new ExplainedWithheld(w.Key?.ToString(), Names.Of(w.Reason), w.Detail))],
        link.HeldByGuard ?? plan?.Guard, plan?.ReadFirst ?? link.WantsRead, link.Attempts, link.LastError, link.NextAttemptAt);
}

/// <summary>One value that a push would write.</summary>
public sealed record ExplainedChange(string Register, string Label, JsonNode? From, JsonNode? To)
{
    public static ExplainedChange Of(PlannedValue value) => new(value.Key.ToString(), Names.Field(value.Key),
        ProductBody.ToJson(Fields.Find(value.Key.Field), value.Held), ProductBody.ToJson(Fields.Find(value.Key.Field), value.Target));
}

/// <summary>One difference that is not written, and why.</summary>
public sealed record ExplainedWithheld(string? Register, string Reason, string? Detail);
