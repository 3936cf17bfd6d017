using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

/// <summary>A drifted value in a report. Reports are stored as plain JSON, so that the register is in its text form.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.drift-example-value")]
public sealed record DriftExampleValue
{
    [Id(0)] public required string Register { get; init; }
    [Id(1)] public string? Believed { get; init; }
    [Id(2)] public string? Found { get; init; }
    [Id(3)] public required DriftRepair Repair { get; init; }

    public static DriftExampleValue Of(DriftedField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new DriftExampleValue { Register = field.Key.ToString(), Believed = field.Believed.Text, Found = field.Found.Text, Repair = field.Repair };
    }
}

/// <summary>One product in a report, for people.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.drift-example")]
public sealed record DriftExample
{
    [Id(0)] public required string ExternalId { get; init; }
    [Id(1)] public ProductId? Product { get; init; }
    [Id(2)] public required DriftKind Kind { get; init; }
    // Id 3 was Fields.
    /// <summary>A webhook should have told it and did not.</summary>
    [Id(4)] public bool IsMissedWebhook { get; init; }
    [Id(5)] public ImmutableArray<DriftExampleValue> Values { get; init; } = [];
}

/// <summary>What a drift scan found and did; grows by one look at a time.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.drift-report")]
public sealed record DriftReport
{
    public static readonly DriftReport Empty = new();

    /// <summary>Products named in a report; the others are only counted.</summary>
    public const int MaxExamples = 50;
    /// <summary>Values listed of one product.</summary>
    public const int MaxFields = 20;

    [Id(0)] public long Checked { get; init; }
    [Id(1)] public long Equal { get; init; }
    [Id(2)] public long Drifted { get; init; }
    [Id(3)] public long Imported { get; init; }
    [Id(4)] public long Deleted { get; init; }
    [Id(5)] public long Ambiguous { get; init; }
    /// <summary>Products that could not be worked in.</summary>
    [Id(6)] public long Failed { get; init; }
    /// <summary>Values of the hub's fields that were looked at.</summary>
    [Id(7)] public long FieldsChecked { get; init; }
    [Id(8)] public long FieldsEqual { get; init; }
    /// <summary>Drifted values by field, whoever's value stays.</summary>
    [Id(9)] public ImmutableSortedDictionary<string, long> RepairedByField { get; init; } = ImmutableSortedDictionary<string, long>.Empty;
    /// <summary>Drifted values that the hub took over.</summary>
    [Id(10)] public long Taken { get; init; }
    /// <summary>Drifted values that the next push puts back.</summary>
    [Id(11)] public long PutBack { get; init; }
    /// <summary>Drifted values that wait for something else.</summary>
    [Id(12)] public long Waiting { get; init; }
    /// <summary>Changes at the channel that a webhook should have told.</summary>
    [Id(13)] public long MissedWebhooks { get; init; }
    [Id(14)] public ImmutableArray<DriftExample> Examples { get; init; } = [];

    /// <summary>The share of values that were as the hub wants them; null before the first was looked at.</summary>
    public double? EqualShare => FieldsChecked == 0 ? null : (double)FieldsEqual / FieldsChecked;

    public DriftReport Add(string externalId, Drift drift, bool isMissedWebhook)
    {
        ArgumentNullException.ThrowIfNull(drift);
        var byField = RepairedByField;
        foreach (var field in drift.Fields)
        {
            byField = byField.SetItem(field.Key.Field, byField.GetValueOrDefault(field.Key.Field) + 1);
        }

        var report = this with
        {
            Checked = Checked + 1,
            Equal = Equal + (drift.Kind == DriftKind.Equal ? 1 : 0),
            Drifted = Drifted + (drift.Kind == DriftKind.Drifted ? 1 : 0),
            Imported = Imported + (drift.Kind == DriftKind.Imported ? 1 : 0),
            Deleted = Deleted + (drift.Kind == DriftKind.Deleted ? 1 : 0),
            Ambiguous = Ambiguous + (drift.Kind == DriftKind.Ambiguous ? 1 : 0),
            FieldsChecked = FieldsChecked + drift.FieldsChecked,
            FieldsEqual = FieldsEqual + drift.FieldsEqual,
            RepairedByField = byField,
            Taken = Taken + drift.Fields.Count(field => field.Repair == DriftRepair.Taken),
            PutBack = PutBack + drift.Fields.Count(field => field.Repair == DriftRepair.PutBack),
            Waiting = Waiting + drift.Fields.Count(field => field.Repair == DriftRepair.Waits),
            MissedWebhooks = MissedWebhooks + (isMissedWebhook ? 1 : 0),
        };
        return drift.Kind == DriftKind.Equal || Examples.Length >= MaxExamples ? report : report with
        {
            Examples = Examples.Add(new DriftExample
            {
                ExternalId = externalId,
                Product = drift.Product,
                Kind = drift.Kind,
                Values = [.. drift.Fields.Take(MaxFields).Select(DriftExampleValue.Of)],
                IsMissedWebhook = isMissedWebhook,
            }),
        };
    }

    public DriftReport AddFailed() => this with { Checked = Checked + 1, Failed = Failed + 1 };
}

/// <summary>How many deliveries a channel loses, as scans and polls measure it.</summary>
public static class WebhookLoss
{
    /// <summary>A change this young may still be on its way.</summary>
    public static readonly TimeSpan DeliveryTime = TimeSpan.FromMinutes(2);

    /// <summary>A change at the channel that nothing told, long enough ago that it should have been told. <paramref name="heardAt"/>: the last delivery about it.</summary>
    public static bool IsMissed(Drift drift, DateTimeOffset now, TimeSpan deliveryTime, DateTimeOffset? heardAt)
    {
        ArgumentNullException.ThrowIfNull(drift);
        // Versions are whole seconds.
        return IsCandidate(drift, now, deliveryTime) && !(heardAt >= drift.ChangedAt - TimeSpan.FromSeconds(1));
    }

    /// <summary>Whether it matters what was heard of it.</summary>
    public static bool IsCandidate(Drift drift, DateTimeOffset now, TimeSpan deliveryTime)
    {
        ArgumentNullException.ThrowIfNull(drift);
        return drift is { Kind: not DriftKind.Equal, WasHeard: false, ChangedAt: { } at } && now - at >= deliveryTime;
    }

    /// <summary>Missed of all that should have come; null when there was nothing to lose.</summary>
    public static double? Rate(long missed, long received) => missed + received == 0 ? null : (double)missed / (missed + received);
}
