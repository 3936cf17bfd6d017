using System.Diagnostics;

namespace ActorSync.Abstractions.Faults;

/// <summary>
/// Named places where a test may have the process die as by kill -9. Armed only by <c>ActorSync:FailPoint</c> ("name" or "name:n" for the n-th hit) together
/// with <c>ActorSync:AllowFailPoints</c> = true; costs one comparison otherwise.
/// </summary>
public sealed class FailPoints
{
    /// <summary>The delivery is durable; the channel has not got its 200 yet.</summary>
    public const string AfterInboxCommit = "after-inbox-commit";
    /// <summary>Intents are committed; the call has not left.</summary>
    public const string AfterIntent = "after-intent";
    /// <summary>The channel has answered; nothing is known to the product yet.</summary>
    public const string AfterChannelApplied = "after-channel-applied";
    /// <summary>Just before the outcome is recorded.</summary>
    public const string BeforeRecord = "before-record";
    /// <summary>An import page is worked in; its checkpoint is not written.</summary>
    public const string BetweenPages = "between-pages";

    /// <summary>A bulk operation runs at the channel; its id is not on record yet.</summary>
    public const string AfterBulkStart = "after-bulk-start";
    /// <summary>A bulk operation runs and is on record.</summary>
    public const string DuringBulk = "during-bulk";

    /// <summary>All names, for messages.</summary>
    public static readonly ImmutableArray<string> Names = [AfterInboxCommit, AfterIntent, AfterChannelApplied, BeforeRecord, BetweenPages, AfterBulkStart, DuringBulk];

    private readonly string? armed;
    private readonly Action die;
    private int hitsLeft;

    /// <param name="setting">"name" or "name:n"; null = not armed.</param>
    /// <param name="die">What to do at the hit; null = kill this process at once, without any shutdown.</param>
    /// <exception cref="ArgumentException">The setting names no fail-point or no positive count.</exception>
    public FailPoints(string? setting = null, Action? die = null)
    {
        this.die = die ?? (() => Process.GetCurrentProcess().Kill());
        if (string.IsNullOrEmpty(setting))
        {
            return;
        }

        var parts = setting.Split(':');
        if (!Names.Contains(parts[0]) || parts.Length > 2 || (parts.Length == 2 && (!int.TryParse(parts[1], out hitsLeft) || hitsLeft < 1)))
        {
            throw new ArgumentException($"ActorSync:FailPoint is '{setting}' but must be one of {string.Join(", ", Names)}, optionally with ':n' for the n-th hit.", nameof(setting));
        }

        armed = parts[0];
        hitsLeft = Math.Max(1, hitsLeft);
    }

    /// <summary>Dies here when this place is armed and its count is reached.</summary>
    public void Hit(string name)
    {
        if (armed is not null && armed == name && Interlocked.Decrement(ref hitsLeft) == 0)
        {
            die();
        }
    }
}
