using ActorSync.Abstractions.Channels;
using Orleans.Concurrency;

namespace ActorSync.Abstractions.Webhooks;

/// <summary>
/// Looks after a channel's subscriptions: makes lost ones anew, closes the gap that they left by reading what changed meanwhile, and asks the channel again
/// when it says that the connection itself changed. Key: channel id. A reminder revives it.
/// </summary>
[Alias("actorsync.webhook-watch")]
public interface IWebhookWatchGrain : IGrainWithStringKey
{
    /// <summary>Subscribes at <paramref name="target"/> now, and keeps looking that it stays so.</summary>
    [Alias("register")] Task<WebhookRegistration> RegisterAsync(Uri target);

    /// <summary>The channel says something of the connection. Kept before it is answered; works at most one probe however often it is said.</summary>
    [Alias("signal")] Task SignalAsync(ChannelSignal signal);

    /// <summary>The secret that signs deliveries was changed: the channel's subscriptions get it once every silo knows it, and old ones are forgotten in time.</summary>
    [Alias("secrets-changed")] Task SecretsChangedAsync();

    /// <summary>What is known of the subscriptions.</summary>
    [Alias("get"), AlwaysInterleave] Task<WebhookWatch> GetAsync();

    /// <summary>Registers the reviving reminder.</summary>
    [Alias("ensure")] Task EnsureAsync();
}

/// <summary>What a channel can say of the connection to it.</summary>
public enum ChannelSignal
{
    /// <summary>The merchant removed the app: no call will work until it is installed again.</summary>
    Uninstalled,
    /// <summary>The app's rights changed.</summary>
    RightsChanged,
    /// <summary>A bulk operation has ended: a hint to look at ours.</summary>
    BulkFinished,
}

/// <summary>State of a channel's subscriptions for people.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.webhook-watch-state")]
public sealed record WebhookWatch
{
    /// <summary>off (never registered), ok, repaired, failing.</summary>
    [Id(0)] public required string State { get; init; }
    /// <summary>One sentence.</summary>
    [Id(1)] public required string Sentence { get; init; }
    /// <summary>Where the channel delivers to.</summary>
    [Id(2)] public Uri? Target { get; init; }
    /// <summary>Last look, whatever it found.</summary>
    [Id(3)] public DateTimeOffset? CheckedAt { get; init; }
    /// <summary>Last look that found or made everything right.</summary>
    [Id(4)] public DateTimeOffset? GoodAt { get; init; }
    /// <summary>Subscriptions that the channel does not grant, and why: the hub does without them.</summary>
    [Id(5)] public ImmutableArray<string> Refused { get; init; } = [];
    /// <summary>Gaps, newest first; at most <see cref="MaxGaps"/>.</summary>
    [Id(6)] public ImmutableArray<WebhookGap> Gaps { get; init; } = [];
    /// <summary>What the last probe warned of.</summary>
    [Id(7)] public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>Gaps that are remembered.</summary>
    public const int MaxGaps = 10;
}

/// <summary>A time in which deliveries may have been lost, and what was done about it.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.webhook-gap")]
public sealed record WebhookGap
{
    /// <summary>Last moment at which deliveries are known to have arrived, less an overlap.</summary>
    [Id(0)] public required DateTimeOffset From { get; init; }
    /// <summary>When the subscriptions were made anew.</summary>
    [Id(1)] public required DateTimeOffset To { get; init; }
    /// <summary>Topics that were missing.</summary>
    [Id(2)] public ImmutableArray<string> Topics { get; init; } = [];
    /// <summary>Products read again so far.</summary>
    [Id(3)] public long Products { get; init; }
    /// <summary>Where reading goes on; null = not begun, or done.</summary>
    [Id(4)] public string? Cursor { get; init; }
    /// <summary>When everything that changed in it was read; null = not yet.</summary>
    [Id(5)] public DateTimeOffset? ClosedAt { get; init; }
}
