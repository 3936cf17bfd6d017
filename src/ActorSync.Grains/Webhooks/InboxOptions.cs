using Microsoft.Extensions.Options;

namespace ActorSync.Grains.Webhooks;

/// <summary>How the webhook inbox is drained. Section <c>ActorSync:Inbox</c>.</summary>
public sealed class InboxOptions
{
    public const string Section = "ActorSync:Inbox";

    /// <summary>How long leased rows belong to one drainer; 1 s to 5 min. Default 15 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a partition looks for rows whose lease ran out, or whose wake-up was lost; 100 ms to 1 min. Default 5 s.</summary>
    public TimeSpan Look { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Rows leased at once; 1 to 1000. Default 200.</summary>
    public int BatchSize { get; set; } = 200;

    /// <summary>Pause before a failed row is tried again, doubled per try; 10 ms to 1 min. Default 2 s: 2, 4, 8 and 16 s before the fifth and last try.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(2);
}

/// <summary>Names every value that is out of range: key, value, rule.</summary>
internal sealed class InboxOptionsValidator : IValidateOptions<InboxOptions>
{
    public ValidateOptionsResult Validate(string? name, InboxOptions options)
    {
        var problems = new List<string>();
        Check(problems, nameof(options.Lease), options.Lease, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        Check(problems, nameof(options.Look), options.Look, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Check(problems, nameof(options.RetryAfter), options.RetryAfter, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        if (options.BatchSize is < 1 or > 1000)
        {
            problems.Add($"{InboxOptions.Section}:{nameof(options.BatchSize)} is {options.BatchSize} but must lie between 1 and 1000.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void Check(List<string> problems, string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            problems.Add($"{InboxOptions.Section}:{name} is {value} but must lie between {least} and {most}.");
        }
    }
}
