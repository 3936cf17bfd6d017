namespace ActorSync.Web.Dashboard;

/// <summary>One sentence of health, and the figures behind it.</summary>
public sealed record Summary(string Tone, string Sentence, string? Next, SyncCounts Counts, int Channels, long Overdue)
{
    /// <summary>Overdue sales are counted up to here.</summary>
    public const int MostOverdue = 1_000;

    public static Summary Of(SyncCounts counts, IReadOnlyList<ChannelCard> channels, long overdue)
    {
        var (tone, sentence, next) = Describe(counts, channels);
        return new Summary(tone, sentence, next, counts, channels.Count, overdue);
    }

    private static (string Tone, string Sentence, string? Next) Describe(SyncCounts counts, IReadOnlyList<ChannelCard> channels)
    {
        if (channels.Count == 0)
        {
            return ("idle", "No channel is connected yet.", "Connect one with POST /api/channels; the API page shows what each kind needs.");
        }

        if (channels.FirstOrDefault(c => c.Health.State is "down" or "unauthorised") is { } broken)
        {
            var waiting = broken.Links.Dirty;
            return ("bad", $"{broken.Settings.Name} {(broken.Health.State == "down" ? "does not answer" : "refuses our credentials")}. " +
                (waiting > 0 ? $"{Show.Products(waiting)} {(waiting == 1 ? "waits" : "wait")} for it; nothing is lost." : "Nothing waits for it."), broken.Health.LastFault?.Message);
        }

        if (channels.FirstOrDefault(c => c.IsImporting) is { } importing)
        {
            var of = importing.Import.Total is { } total ? $" of {Show.Count(total)}" : "";
            return ("busy", $"Reading {importing.Settings.Name}: {Show.Count(importing.Import.Done)}{of} products so far.", null);
        }

        var open = new List<string>();
        if (counts.Pending > 0)
        {
            open.Add($"{Show.Count(counts.Pending)} on their way");
        }

        if (counts.Conflict > 0)
        {
            open.Add($"{Show.Count(counts.Conflict)} {(counts.Conflict == 1 ? "waits" : "wait")} for your decision");
        }

        if (counts.Error > 0)
        {
            open.Add($"{Show.Count(counts.Error)} not accepted by a channel");
        }

        var tone = counts.Error > 0 ? "bad" : counts.Conflict > 0 ? "warn" : counts.Pending > 0 ? "busy" : "good";
        var at = channels.Count == 1 ? channels[0].Settings.Name : $"{channels.Count} channels";
        if (counts.Total == 0)
        {
            return ("idle", $"{at} {(channels.Count == 1 ? "is" : "are")} connected, and there are no products yet.", "Import a channel, or make the first product with POST /api/products.");
        }

        return (tone, open.Count == 0 ? $"All {Show.Products(counts.Total)} are equal at {at}." : $"Of {Show.Products(counts.Total)}, {string.Join(", ", open)}.", null);
    }
}
