using System.Diagnostics;

namespace ActorSync.Abstractions.Telemetry;

/// <summary>
/// The spans that join a change's way from webhook to channel call. What causes work travels with it as a W3C traceparent: with the inbox row, the dirty event,
/// the push batch. Work of several causes is the child of the first and links to the others. While nobody listens nothing is made.
/// </summary>
public static class SyncTraces
{
    /// <summary>The activity source.</summary>
    public const string SourceName = "ActorSync";
    /// <summary>Span: deliveries about one remote product are worked in.</summary>
    public const string Deliver = "inbox.deliver";
    /// <summary>Span: all commands that waited at one product are decided.</summary>
    public const string Turn = "product.turn";
    /// <summary>Span: what they decided is written.</summary>
    public const string Commit = "product.commit";
    /// <summary>Span: one batch is planned, sent and settled; the channel's HTTP calls are its children.</summary>
    public const string Push = "push.batch";
    /// <summary>Name under which the inbox row keeps the cause.</summary>
    public const string Header = "traceparent";
    /// <summary>Most causes that one span links to.</summary>
    public const int MaxLinks = 32;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>What causes work that starts now, or null where nobody records it.</summary>
    public static string? Cause => Source.HasListeners() && Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } current ? current.Id : null;

    /// <summary>A span inside of the one under way.</summary>
    public static Activity? Begin(string name) => Source.StartActivity(name);

    /// <summary>A span for work of all the causes that are known; without any it belongs to the span under way.</summary>
    public static Activity? Begin<T>(string name, ActivityKind kind, ImmutableArray<T> work, Func<T, string?> causeOf)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var causes = new List<ActivityContext>();
        foreach (var text in work.IsDefault ? [] : work.Select(causeOf).Where(cause => cause is not null).Distinct(StringComparer.Ordinal).Take(MaxLinks + 1))
        {
            if (ActivityContext.TryParse(text, null, isRemote: true, out var cause))
            {
                causes.Add(cause);
            }
        }

        return causes.Count == 0 ? Source.StartActivity(name, kind) : Source.StartActivity(name, kind, causes[0], links: causes.Skip(1).Select(cause => new ActivityLink(cause)));
    }
}
