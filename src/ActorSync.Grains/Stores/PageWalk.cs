using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using Microsoft.Extensions.Logging;

namespace ActorSync.Grains.Stores;

/// <summary>The checkpoint of a walk over all pages of a channel.</summary>
internal interface IPageWalk
{
    /// <summary>none, running, waiting, done, failed, cancelled.</summary>
    string State { get; set; }
    string? Cursor { get; set; }
    long Done { get; set; }
    long? Total { get; set; }
    int Pages { get; set; }
    DateTimeOffset? EndedAt { get; set; }
    string? Sentence { get; set; }
    DateTimeOffset? NotBefore { get; set; }
    /// <summary>Failed tries of the page under way.</summary>
    int Tries { get; set; }
}

/// <summary>What every walk over a channel's pages does: one page at a time, a checkpoint after each, back-off, an end.</summary>
internal static partial class PageWalk
{
    /// <summary>Tries of one page before the walk ends as failed. With back-off to 1 min that is about half an hour of outage.</summary>
    public const int MaxTries = 30;

    public static bool IsUnderWay(this IPageWalk walk) => walk.State is "running" or "waiting";

    public static bool IsDue(this IPageWalk walk, DateTimeOffset now) => walk.IsUnderWay() && (walk.NotBefore ?? default) <= now;

    /// <summary>The page is worked in.</summary>
    public static void Advance(this IPageWalk walk, SourcePage page)
    {
        walk.Done += page.Items.Length;
        walk.Total = page.Total ?? walk.Total;
        walk.Pages++;
        walk.Cursor = page.NextCursor;
        walk.GoOn();
    }

    public static void GoOn(this IPageWalk walk)
    {
        walk.State = "running";
        walk.Sentence = null;
        walk.Tries = 0;
        walk.NotBefore = null;
    }

    /// <summary>Back-off, or the end after <see cref="MaxTries"/>.</summary>
    public static void RetryLater(this IPageWalk walk, DateTimeOffset now, string what, string message, DateTimeOffset? retryAt)
    {
        walk.Tries++;
        if (walk.Tries >= MaxTries)
        {
            walk.End(now, "failed", $"Gave up after {MaxTries} tries of page {walk.Pages + 1}: {message} Start the {what} again when the channel answers.");
            return;
        }

        walk.State = "waiting";
        walk.NotBefore = retryAt ?? now + TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, Math.Min(walk.Tries, 6))));
        walk.Sentence = $"Waiting for the channel: {message}";
    }

    public static void End(this IPageWalk walk, DateTimeOffset now, string how, string sentence)
    {
        walk.State = how;
        walk.EndedAt = now;
        walk.Sentence = sentence;
        walk.Cursor = null;
        walk.NotBefore = null;
    }

    /// <summary>Works observations in, remote products side by side. One that fails never fails its page: its reply is null.</summary>
    public static Task<Delivered[]> DeliverAsync(
        IGrainFactory grains, ChannelSettings channel, ImmutableArray<Observation> observations, ILogger logger, bool check = false, bool dryRun = false) =>
        Task.WhenAll(observations.Select(async observation =>
        {
            try
            {
                var reply = await grains.GetGrain<IRemoteProductGrain>($"{channel.Id.Value}/{observation.Body.ExternalId}").DeliverAsync(new Delivery
                {
                    Tenant = channel.Tenant,
                    Channel = channel.Id,
                    ExternalId = observation.Body.ExternalId,
                    Observations = [observation],
                    Check = check,
                    DryRun = dryRun,
                });
                return new Delivered(observation, reply);
            }
            catch (Exception failure) when (failure is not StorageUnavailableException)
            {
                LogItemFailed(logger, channel.Id.Value, observation.Body.ExternalId, failure);
                return new Delivered(observation, null);
            }
        }));

    [LoggerMessage(3204, LogLevel.Warning, "Remote product {ExternalId} of channel {Channel} could not be worked in")]
    private static partial void LogItemFailed(ILogger logger, string channel, string externalId, Exception failure);
}

/// <summary>An observation and what became of it; null = it could not be worked in.</summary>
internal sealed record Delivered(Observation Observation, ObserveReply? Reply);
