using System.Text.Json.Nodes;
using ActorSync.Web.Products;

namespace ActorSync.Web.Channels;

/// <summary>What is known of a channel's drift: how much was verified equal, how old the oldest check is, and how many webhooks get lost.</summary>
internal sealed record DriftView(
    DriftScanView? Running, DriftScanView? Last, DateTimeOffset? NextAt, double? FieldsEqualShare, long ProductsLinked, long ProductsVerified, DateTimeOffset? OldestCheckAt,
    double? OldestCheckAgeHours, double? WebhookLossRate, long MissedWebhooksSinceLast, ScanEstimate Estimate)
{
    public static DriftView Of(DriftStatus status, DateTimeOffset now) => new(
        DriftScanView.Of(status.Running), DriftScanView.Of(status.Last), status.NextAt, status.Last?.Report.EqualShare, status.Verified.Linked, status.Verified.Verified,
        status.Verified.OldestAt, status.Verified.OldestAt is { } oldest ? Math.Round((now - oldest).TotalHours, 2) : null, status.WebhookLossRate, status.MissedSince,
        status.Estimate);
}

/// <summary>One drift scan.</summary>
internal sealed record DriftScanView(
    string JobId, string State, string? ProductId, bool DryRun, long Done, long? Total, int Pages, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Sentence,
    ScanEstimate? Estimate, DriftReportView Report, double? WebhookLossRate)
{
    public static DriftScanView? Of(DriftScan? scan) => scan is null ? null : new(
        scan.Id, scan.State, scan.Product?.Value, scan.DryRun, scan.Done, scan.Total, scan.Pages, scan.StartedAt, scan.EndedAt, scan.Sentence, scan.Estimate,
        DriftReportView.Of(scan.Report), scan.WebhookLossRate);
}

/// <summary>What a scan found; in a dry run, what it would repair.</summary>
internal sealed record DriftReportView(
    long Checked, long Equal, long Drifted, long Imported, long Deleted, long Ambiguous, long Failed, long FieldsChecked, long FieldsEqual, double? FieldsEqualShare,
    IReadOnlyDictionary<string, long> RepairedByField, long TakenOver, long PutBack, long Waiting, long MissedWebhooks, IReadOnlyList<DriftExampleView> Examples)
{
    public static DriftReportView Of(DriftReport report) => new(
        report.Checked, report.Equal, report.Drifted, report.Imported, report.Deleted, report.Ambiguous, report.Failed, report.FieldsChecked, report.FieldsEqual,
        report.EqualShare, report.RepairedByField, report.Taken, report.PutBack, report.Waiting, report.MissedWebhooks, [.. report.Examples.Select(DriftExampleView.Of)]);
}

/// <summary>A product that was not as the hub believed.</summary>
internal sealed record DriftExampleView(string ExternalId, string? ProductId, string Kind, bool MissedWebhook, IReadOnlyList<DriftedFieldView> Fields)
{
    public static DriftExampleView Of(DriftExample example) => new(
        example.ExternalId, example.Product?.Value, Names.Of(example.Kind), example.IsMissedWebhook, [.. example.Values.Select(DriftedFieldView.Of)]);
}

/// <summary>A value that moved: what the hub believed, what the channel holds, and what is done about it.</summary>
internal sealed record DriftedFieldView(string Field, JsonNode? Believed, JsonNode? Found, string Repair)
{
    public static DriftedFieldView Of(DriftExampleValue drifted)
    {
        var key = RegisterKey.Parse(drifted.Register);
        var field = Fields.Find(key.Field);
        return new DriftedFieldView(EditAnswer.PathOf(key, hasSeveral: key.Variant is { Value: > 1 }),
            ProductBody.ToJson(field, new FieldValue(drifted.Believed)), ProductBody.ToJson(field, new FieldValue(drifted.Found)), Names.Of(drifted.Repair));
    }
}

/// <summary>A started scan and where to look.</summary>
internal sealed record StartedScan(string Channel, string JobId, string StatusUrl, DriftScanView Scan);
