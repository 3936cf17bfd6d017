using System.Diagnostics.Metrics;

namespace ActorSync.Grains.Products;

/// <summary>Meter of the grains.</summary>
public static class ProductDiagnostics
{
    public const string Name = "ActorSync.Grains";

    internal static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Commands = Meter.CreateCounter<long>("actorsync.product.commands", "{command}", "Commands decided by product grains");
    private static readonly Counter<long> Commits = Meter.CreateCounter<long>("actorsync.product.commits", "{commit}", "Writes that product grains handed to the store");

    internal static readonly Counter<long> StaleCommits =
        Meter.CreateCounter<long>("actorsync.product.stale", "{commit}", "Writes refused because the stored version was another");

    internal static readonly Counter<long> PublishFailures =
        Meter.CreateCounter<long>("actorsync.product.publish_failures", "{event}", "Stream events that could not be handed over; the dirty index covers them");

    private static readonly Counter<long> UnexplainedRenditions = Meter.CreateCounter<long>(
        "actorsync.product.unexplained_renditions", "{value}", "Pushed values that a channel changed in a way its canon does not know, by channel kind and field");

    internal static readonly Histogram<double> CommitSeconds =
        Meter.CreateHistogram<double>("actorsync.product.commit", "s", "Time that a product's write took in the group-commit writer");

    internal static readonly Histogram<double> InboxWait =
        Meter.CreateHistogram<double>("actorsync.inbox.wait", "s", "Time from a webhook's arrival until its row was taken up");

    internal static readonly Counter<long> InboxRows = Meter.CreateCounter<long>("actorsync.inbox.rows", "{row}", "Webhook rows drained, by outcome");

    /// <summary>Each is an issue for the connector of that kind: until it was learned, it cost one more push.</summary>
    internal static void Unexplained(string kind, string field) =>
        UnexplainedRenditions.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("field", field));

    internal static void Decided(int commands, bool isWritten)
    {
        Commands.Add(commands);
        if (isWritten)
        {
            Commits.Add(1);
        }
    }
}
