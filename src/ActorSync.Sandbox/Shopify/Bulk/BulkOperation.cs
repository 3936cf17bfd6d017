using System.Text.Json.Serialization;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>One bulk operation as its owner may ask for it.</summary>
public sealed record BulkOperation
{
    public const string Query = "QUERY";
    public const string Mutation = "MUTATION";
    public const string Created = "CREATED";
    public const string Running = "RUNNING";
    public const string Canceling = "CANCELING";
    public const string Canceled = "CANCELED";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";
    public const string Expired = "EXPIRED";

    public required long Id { get; init; }

    /// <summary>QUERY or MUTATION.</summary>
    public required string Type { get; init; }

    /// <summary>The query, or the mutation that runs once per line.</summary>
    public required string Document { get; init; }
    public string Status { get; init; } = Created;
    public string? ErrorCode { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Lines so far, those of children included.</summary>
    public long ObjectCount { get; init; }
    public long RootObjectCount { get; init; }

    /// <summary>Bytes of the result; null while there is none.</summary>
    public long? FileSize { get; init; }

    /// <summary>When the result's address stops working.</summary>
    public DateTimeOffset? ResultUntil { get; init; }

    [JsonIgnore]
    public bool IsOver => Status is Completed or Failed or Canceled or Expired;
}
