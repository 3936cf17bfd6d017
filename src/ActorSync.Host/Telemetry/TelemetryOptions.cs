namespace ActorSync.Host.Telemetry;

/// <summary>Where traces and metrics go. Section <c>ActorSync:Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    public const string Section = ActorSyncOptions.Section + ":Telemetry";

    /// <summary>Metrics as Prometheus text at /metrics, behind a viewer key. Default true.</summary>
    public bool Prometheus { get; set; } = true;

    /// <summary>Share of traces that are kept, 0 to 1, the same in all processes. Default 1; a busy hub wants less: a change is some twenty spans.</summary>
    public double SampleRatio { get; set; } = 1;

    /// <summary>The collector; off unless its endpoint is set.</summary>
    public OtlpOptions Otlp { get; set; } = new();

    /// <summary>Every problem as a sentence: key, value, rule.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(SampleRatio >= 0 && SampleRatio <= 1))
        {
            yield return $"{Section}:SampleRatio is {SampleRatio} but must lie between 0 and 1.";
        }

        if (Otlp.Endpoint is { Length: > 0 } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return $"{Section}:Otlp:Endpoint is '{endpoint}' but must be an address like http://localhost:4317, or be left out.";
        }

        if (Otlp.Protocol is not (OtlpOptions.Grpc or OtlpOptions.Http))
        {
            yield return $"{Section}:Otlp:Protocol is '{Otlp.Protocol}' but must be {OtlpOptions.Grpc} or {OtlpOptions.Http}.";
        }

        if (Otlp.Headers is { Length: > 0 } headers && headers.Split(',').Any(header => header.IndexOf('=', StringComparison.Ordinal) < 1))
        {
            yield return $"{Section}:Otlp:Headers must be of the form name=value,name=value. Its value is not shown, because it may hold a key.";
        }

        if (Otlp.MetricsEvery < TimeSpan.FromSeconds(1) || Otlp.MetricsEvery > TimeSpan.FromHours(1))
        {
            yield return $"{Section}:Otlp:MetricsEvery is {Otlp.MetricsEvery} but must lie between 00:00:01 and 01:00:00.";
        }
    }
}

/// <summary>An OpenTelemetry collector.</summary>
public sealed class OtlpOptions
{
    /// <summary>gRPC, by default on port 4317.</summary>
    public const string Grpc = "grpc";

    /// <summary>Protobuf over HTTP, by default on port 4318; /v1/traces and /v1/metrics are appended.</summary>
    public const string Http = "http";

    /// <summary>E.g. http://otel-collector:4317. Absent (default): nothing is sent and nothing is traced.</summary>
    public string? Endpoint { get; set; }

    /// <summary>grpc (default) or http.</summary>
    public string Protocol { get; set; } = Grpc;

    /// <summary>name=value,name=value, sent with every export. Secret.</summary>
    public string? Headers { get; set; }

    /// <summary>Pause between exports of metrics. 1 s to 1 h; default 15 s.</summary>
    public TimeSpan MetricsEvery { get; set; } = TimeSpan.FromSeconds(15);

    public bool IsOn => !string.IsNullOrEmpty(Endpoint);
}
