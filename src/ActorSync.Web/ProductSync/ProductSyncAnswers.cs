using System.Text.Json.Nodes;
using ActorSync.Web.Channels;
using ActorSync.Web.Products;

namespace ActorSync.Web.ProductSync;

/// <summary>Pushes counted since yesterday, and each channel's waiting work.</summary>
internal sealed record SyncMetrics(
    long Pending, long Processing, long Completed, long Failed, long Skipped, IReadOnlyList<OperationCount> Operations, IReadOnlyList<ChannelMetrics> Channels);

internal sealed record OperationCount(string Operation, string Status, long Count);

internal sealed record ChannelMetrics(
    string Channel, string State, int Waiting, int InFlight, long Pushed, long Failed, long Throttled, long SavedEdits, double? FieldsEqualShare, double? OldestCheckAgeHours,
    double? WebhookLossRate)
{
    public static ChannelMetrics Of(StoreHealth health, DriftView drift) => new(
        health.Channel.Value, health.State, health.Waiting, health.InFlight, health.Pushed, health.Failed, health.Throttled, health.SavedEdits, drift.FieldsEqualShare,
        drift.OldestCheckAgeHours, drift.WebhookLossRate);
}

/// <summary>Fields by owner class, and where this client differs.</summary>
internal sealed record OwnershipRules(
    IReadOnlyList<string> Commerce, IReadOnlyList<string> Ops, IReadOnlyList<string> Shared, IReadOnlyList<string> Stock, IReadOnlyDictionary<string, string> CustomRules,
    double ConflictWindowMinutes)
{
    public static OwnershipRules Of(TenantPolicy policy) => new(
        In(policy, OwnerClass.Commerce), In(policy, OwnerClass.Ops), In(policy, OwnerClass.Shared), In(policy, OwnerClass.Stock),
        policy.ClassOverrides.ToDictionary(o => o.Key, o => Names.Of(o.Value), StringComparer.Ordinal), policy.ConflictWindow.TotalMinutes);

    private static List<string> In(TenantPolicy policy, OwnerClass owner) =>
        [.. Fields.All.Where(f => !f.IsStructure && (policy.ClassOverrides.TryGetValue(f.Name, out var custom) ? custom : f.Class) == owner).Select(f => f.Name)];
}

/// <summary>What a wish to push came to.</summary>
internal sealed record SyncRequested(string ProductId, IReadOnlyList<string> Channels, IReadOnlyList<PlannedPush> WouldSend, string? Note);

/// <summary>What a push to one channel would send.</summary>
internal sealed record PlannedPush(string Channel, string Action, IReadOnlyList<ExplainedChange> Changes, string? Guard)
{
    public static PlannedPush Of(ChannelPlan plan) => new(plan.Channel.Value, Names.Of(plan.Action), [.. plan.Delta.Select(ExplainedChange.Of)], plan.Guard);
}

internal sealed record SyncQueued(string ProductId, string Priority, IReadOnlyList<string> Channels, string StatusUrl);

internal sealed record QueueState(int Pending, int Processing, int Completed, int Failed, int Skipped, IReadOnlyList<QueueJob> Jobs);

internal sealed record QueueJob(
    string Id, string Operation, string Channel, string Status, int Attempts, DateTimeOffset ScheduledFor, DateTimeOffset? EndedAt, IReadOnlyList<string> Fields, string? Error);

internal sealed record LogPage(IReadOnlyList<LogLine> Logs, int Limit, int Offset, bool HasMore);

/// <summary>A history line as the replaced system wrote it.</summary>
internal sealed record LogLine(
    string Id, string Action, string Origin, string TargetPlatform, IReadOnlyList<string> ChangedFields, JsonObject OldValues, JsonObject NewValues, bool Success, string? ErrorMessage,
    string? Rule, DateTimeOffset CreatedAt)
{
    public static LogLine Of(HistoryItem item, TenantSettings settings, ITenantDirectory directory)
    {
        var entry = item.Entry;
        var field = entry.Key is { } key ? Fields.Find(key.Field) : null;
        var name = entry.Key is { } k ? EditAnswer.PathOf(k, hasSeveral: k.Variant is { Value: > 1 }) : null;
        var platform = entry.Channel is { } id ? settings.Channels.FirstOrDefault(c => c.Id == id)?.Kind ?? id.Value : "hub";
        var action = entry.Action switch
        {
            LogAction.Created or LogAction.Linked => "create",
            LogAction.Deleted or LogAction.Unlinked => "delete",
            LogAction.Conflict => "conflict",
            _ => "update",
        };
        var failed = entry.Action is LogAction.PushFailed or LogAction.Parked or LogAction.Refused or LogAction.Held;
        return new LogLine(item.Id.ToString(), action, Names.S3Origin(entry.Origin, settings, directory), platform, name is null ? [] : [name],
            Single(name, ProductBody.ToJson(field, entry.Before)), Single(name, ProductBody.ToJson(field, entry.After)),
            !failed, failed ? entry.Detail ?? (entry.Rule is { } rule ? Rules.Describe(rule) : null) : null, entry.Rule is { } r ? Names.Of(r) : null, entry.At);
    }

    private static JsonObject Single(string? name, JsonNode? value) => name is null ? [] : new JsonObject { [name] = value };
}

internal sealed record FullSyncStarted(string ClientId, IReadOnlyList<StartedImport> Imports);

internal sealed record StartedImport(string Channel, string? JobId, string StatusUrl);
