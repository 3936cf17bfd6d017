using Microsoft.Extensions.Options;

namespace ActorSync.Grains.Stores;

/// <summary>How a channel's pushes are dispatched. Section <c>ActorSync:Stores</c>.</summary>
public sealed class StoreOptions
{
    public const string Section = "ActorSync:Stores";

    /// <summary>How long a change waits for company before its batch leaves; 0 to 5 s. Default 50 ms: a sixth of the calls of 5 ms (performance-notes section 7).</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Batches of one channel under way at once; 1 to 32. Default 4.</summary>
    public int MaxBatches { get; set; } = 4;

    /// <summary>How long a worker may keep a batch before its products wait again; 15 s to 10 min. Default 90 s.</summary>
    public TimeSpan BatchLease { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// The longest that a call counts as under way, whatever its connector asks for (Shopify 15 s, WooCommerce 60 s, JTL-FFN 90 s); 10 s to 10 min. Default 10 min.
    /// The shorter, the sooner a crash is mended, and the more often a slow host is read again before a push is repeated.
    /// </summary>
    public TimeSpan LongestPushLease { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The shortest pause between two looks at a bulk operation; it grows with the operation's age; 50 ms to 1 min. Default 2 s.</summary>
    public TimeSpan BulkPoll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>A bulk operation whose count stands still for this long is cancelled; 1 s to 10 min. Default 3 min.</summary>
    public TimeSpan BulkHungAfter { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>How often the dirty index is read while nothing waits; 1 s to 1 min. Default 3 s.</summary>
    public TimeSpan IndexPoll { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Pause between polls of a channel in poll mode; 2 s to 1 h. Default 1 min.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Pause between safety polls of a channel that sends webhooks (they are hints and get lost); 1 min to 1 day. Default 10 min.</summary>
    public TimeSpan SafetyPollInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A change at a channel that nothing told of for this long counts as a lost webhook; 1 s to 1 h. Default 2 min.</summary>
    public TimeSpan WebhookDeliveryTime { get; set; } = WebhookLoss.DeliveryTime;

    /// <summary>How often a channel's webhook subscriptions are looked at and lost ones made anew; 2 s to 1 day. Default 5 min.</summary>
    public TimeSpan WebhookCheckInterval { get; set; } = TimeSpan.FromMinutes(5);
}

/// <summary>All that is wrong is said at once, at start.</summary>
internal sealed class StoreOptionsValidator : IValidateOptions<StoreOptions>
{
    public ValidateOptionsResult Validate(string? name, StoreOptions options)
    {
        var wrong = new List<string>();
        void Span(string member, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most)
            {
                wrong.Add($"{StoreOptions.Section}:{member} is '{value}'; accepted is {least} to {most}.");
            }
        }

        Span(nameof(options.Linger), options.Linger, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Span(nameof(options.BatchLease), options.BatchLease, TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(10));
        Span(nameof(options.LongestPushLease), options.LongestPushLease, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));
        Span(nameof(options.BulkPoll), options.BulkPoll, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        Span(nameof(options.BulkHungAfter), options.BulkHungAfter, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Span(nameof(options.IndexPoll), options.IndexPoll, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Span(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromSeconds(2), TimeSpan.FromHours(1));
        Span(nameof(options.SafetyPollInterval), options.SafetyPollInterval, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1));
        Span(nameof(options.WebhookCheckInterval), options.WebhookCheckInterval, TimeSpan.FromSeconds(2), TimeSpan.FromDays(1));
        Span(nameof(options.WebhookDeliveryTime), options.WebhookDeliveryTime, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        if (options.MaxBatches is < 1 or > 32)
        {
            wrong.Add($"{StoreOptions.Section}:{nameof(options.MaxBatches)} is {options.MaxBatches}; accepted is 1 to 32.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
