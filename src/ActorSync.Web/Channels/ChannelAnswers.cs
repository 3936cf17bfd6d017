using ActorSync.Web.Products;

namespace ActorSync.Web.Channels;

/// <summary>A channel as the API shows it: secrets are only named.</summary>
internal sealed record ChannelView(
    string Id, string Kind, string Name, string Mode, bool Paused, string CreateMissing, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<string> SecretsSet, string Currency,
    ImmutableArray<ChannelLocation> Locations, bool ReadBeforeWrite, decimal StockBuffer, bool PollMode, DateTimeOffset? LiveSince, DateTimeOffset? ImportedAt, string? Shop, int? DriftScanHour)
{
    public static async Task<ChannelView> OfAsync(ChannelSettings channel, ITenantDirectory directory, CancellationToken cancellationToken)
    {
        var descriptor = directory.KindOf(channel).Descriptor;
        var secrets = await directory.SecretsOf(channel.Id, cancellationToken);
        return new ChannelView(channel.Id.Value, channel.Kind, channel.Name, Names.Of(channel.Mode), channel.Paused, Names.Of(channel.CreateMissing), channel.Values,
            [.. descriptor.Settings.Where(s => s.Secret && secrets.Find(s.Name) is { Length: > 0 }).Select(s => s.Name)], channel.Currency, channel.Locations,
            channel.ReadBeforeWrite, channel.StockBuffer, channel.PollMode, channel.LiveSince, channel.ImportedAt, ChannelBody.ShopOf(channel, descriptor),
            channel.DriftScanHour == Daily.Never ? null : channel.DriftScanHour);
    }
}

/// <summary>A connector that can be connected, and what it asks for.</summary>
internal sealed record ChannelKindView(string Kind, string Name, IReadOnlyList<string> Fields, ImmutableArray<ChannelSettingDescriptor> Settings);

/// <summary>Health, budget, work, import, drift and webhooks of a channel.</summary>
internal sealed record ChannelHealth(
    StoreHealth Store, ImportProgress Import, LinkTotals Links, DriftView Drift, WebhookWatch Webhooks, IReadOnlyList<SigningSecretView> WebhookSecrets,
    LoginStatus? Login);

/// <summary>A channel's products counted.</summary>
internal sealed record LinkTotals(
    IReadOnlyDictionary<string, long> ByStatus, long Dirty, DateTimeOffset? OldestDirty, long Undecided, IReadOnlyDictionary<string, long> UndecidedByField, long Failing)
{
    public static LinkTotals Of(LinkCounts counts) => new(counts.ByStatus.ToDictionary(s => Names.Of(s.Key), s => s.Value, StringComparer.Ordinal),
        counts.Dirty, counts.OldestDirty, counts.Undecided, counts.UndecidedByField, counts.Failing);
}

/// <summary>How many products were let go, and whether more may be held: ask again.</summary>
internal sealed record ReleasedHeld(int Released, bool More);

/// <summary>A product that waits for a person.</summary>
internal sealed record ListedProduct(string ProductId, string? Name, string State, string? Reason, string? ExternalId, string? EditUrl, IReadOnlyList<string> UndecidedFields);

/// <summary>A started import, what it will cost, and where to look.</summary>
internal sealed record StartedJob(string? JobId, string StatusUrl, ScanEstimate Estimate, ImportProgress Import);
