using System.Text.Json;
using System.Text.Json.Serialization;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;

namespace ActorSync.Grains.Tenants;

/// <summary>A tenant's stored row. The settings are JSON text of our own, so that no storage serializer has a say in their form.</summary>
[GenerateSerializer, Alias("actorsync.tenant-document")]
public sealed record TenantDocument
{
    /// <summary>Form of <see cref="Settings"/>; 1 is the only one so far.</summary>
    [Id(0)] public int Schema { get; set; } = 1;
    [Id(1)] public string? Settings { get; set; }
}

/// <inheritdoc cref="ITenantGrain"/>
public sealed class TenantGrain(
    [PersistentState("tenant", SyncStreams.Storage)] IPersistentState<TenantDocument> document,
    IChannelRegistry registry,
    IEnumerable<IChannelKind> kinds) : Grain, ITenantGrain
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private TenantSettings settings = null!;

    private TenantId Tenant => new(this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        settings = document.State.Settings is { } text
            ? JsonSerializer.Deserialize<TenantSettings>(text, Json)!
            : new TenantSettings { Version = 0, Tenant = Tenant, Policy = TenantPolicy.Default };
        return Task.CompletedTask;
    }

    public Task<TenantSettings?> GetAsync(long knownVersion) => Task.FromResult(settings.Version == knownVersion ? null : settings);

    public Task<TenantSettings> SetPolicyAsync(TenantPolicy policy) => StoreAsync(settings with { Policy = policy });

    public async Task<TenantSettings> PutChannelAsync(ChannelSettings channel)
    {
        if (channel.Tenant != Tenant)
        {
            throw new ArgumentException($"Channel '{channel.Id}' names tenant '{channel.Tenant}' but is put into tenant '{Tenant}'.", nameof(channel));
        }

        if (kinds.All(kind => kind.Descriptor.Kind != channel.Kind))
        {
            throw new ArgumentException(
                $"Channel '{channel.Id}' is of kind '{channel.Kind}'. Known kinds are: {string.Join(", ", kinds.Select(kind => kind.Descriptor.Kind))}.", nameof(channel));
        }

        var others = settings.Channels.RemoveAll(existing => existing.Id == channel.Id);
        if (others.Length >= TenantSettings.MaxChannels)
        {
            throw new InvalidOperationException($"Tenant '{Tenant}' has {others.Length} channels; at most {TenantSettings.MaxChannels} are possible. Remove one first.");
        }

        // Before the settings: a channel id that belongs to another tenant must never show up here.
        if (!await registry.PutAsync(channel.Id, Tenant, channel.Kind, ShopName.Of(channel), CancellationToken.None))
        {
            throw new InvalidOperationException($"The channel id '{channel.Id}' belongs to another tenant. Choose another id.");
        }

        return await StoreAsync(settings with { Channels = Put(channel) });
    }

    public async Task<TenantSettings?> PatchChannelAsync(ChannelId channel, ChannelPatch patch)
    {
        if (settings.Channels.FirstOrDefault(existing => existing.Id == channel) is not { } existing)
        {
            return null;
        }

        return await StoreAsync(settings with
        {
            Channels = Put(existing with
            {
                Mode = patch.Mode ?? existing.Mode,
                CreateMissing = patch.CreateMissing ?? existing.CreateMissing,
                Paused = patch.Paused ?? existing.Paused,
                Currency = patch.Currency ?? existing.Currency,
                Locations = patch.Locations ?? existing.Locations,
                PollMode = patch.PollMode ?? existing.PollMode,
                LiveSince = patch.LiveSince ?? existing.LiveSince,
                ImportedAt = patch.ImportedAt ?? existing.ImportedAt,
            }),
        });
    }

    public async Task<TenantSettings> RemoveChannelAsync(ChannelId channel)
    {
        if (settings.Channels.All(existing => existing.Id != channel))
        {
            return settings;
        }

        var stored = await StoreAsync(settings with { Channels = settings.Channels.RemoveAll(existing => existing.Id == channel) });
        await registry.RemoveAsync(channel, CancellationToken.None);
        return stored;
    }

    /// <summary>In place where the channel exists, so that lists keep their order.</summary>
    private ImmutableArray<ChannelSettings> Put(ChannelSettings channel)
    {
        var index = settings.Channels.ToList().FindIndex(existing => existing.Id == channel.Id);
        return index < 0 ? settings.Channels.Add(channel) : settings.Channels.SetItem(index, channel);
    }

    private async Task<TenantSettings> StoreAsync(TenantSettings changed)
    {
        var next = changed with { Version = settings.Version + 1 };
        document.State.Settings = JsonSerializer.Serialize(next, Json);
        try
        {
            await document.WriteStateAsync();
        }
        catch
        {
            // Whether it was written is not known: the next activation reads it.
            DeactivateOnIdle();
            throw;
        }

        settings = next;
        return next;
    }
}

/// <summary>The name by which deliveries without a channel id tell their shop: a domain or an address, lower-case, without scheme and trailing slash.</summary>
internal static class ShopName
{
    /// <summary>Settings that hold it, first found wins.</summary>
    private static readonly ImmutableArray<string> Names = ["shopDomain", "shop", "baseUrl", "storeUrl", "url"];

    public static string? Of(ChannelSettings channel)
    {
        foreach (var name in Names)
        {
            if (channel.Values.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value))
            {
                return Normalise(value);
            }
        }

        return null;
    }

    public static string Normalise(string shop)
    {
        var text = shop.Trim();
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        return (scheme < 0 ? text : text[(scheme + 3)..]).TrimEnd('/').ToLowerInvariant();
    }
}
