using ActorSync.Abstractions.Telemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ActorSync.Host.Telemetry;

/// <summary>Listens to the sources and meters of this process and of what it stands on. ASP.NET, HttpClient, Npgsql and Orleans bring their own; no further package is needed.</summary>
internal static class TelemetryServices
{
    public const string MetricsPath = "/metrics";

    /// <summary>"Microsoft.AspNetCore": requests in; "System.Net.Http": calls to channels; Orleans: calls between grains, which carry a trace from process to process.</summary>
    private static readonly string[] Sources = [SyncTraces.SourceName, "Microsoft.AspNetCore", "System.Net.Http", "Microsoft.Orleans.Application"];

    private static readonly string[] Meters =
        ["ActorSync.*", "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql"];

    /// <summary>Seconds, fine around the goals: 250 ms from webhook to channel, 10 ms for a commit.</summary>
    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

    public static void Add(IServiceCollection services, TelemetryOptions options, string role)
    {
        if (!options.Prometheus && !options.Otlp.IsOn)
        {
            return;
        }

        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("actorsync", serviceVersion: typeof(TelemetryServices).Assembly.GetName().Version?.ToString(3), serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}")
                .AddAttributes([new("actorsync.role", role)]));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(Meters).AddView(instrument => instrument is { Unit: "s" } && instrument.Meter.Name.StartsWith("ActorSync.", StringComparison.Ordinal)
                ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds } : null);
            if (options.Prometheus)
            {
                metrics.AddPrometheusExporter();
            }

            if (options.Otlp.IsOn)
            {
                metrics.AddOtlpExporter((exporter, reader) =>
                {
                    Aim(exporter, options.Otlp, "v1/metrics");
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.Otlp.MetricsEvery.TotalMilliseconds;
                });
            }
        });
        if (options.Otlp.IsOn)
        {
            telemetry.WithTracing(tracing => tracing.AddSource(Sources).SetSampler(SamplerOf(options.SampleRatio)).AddOtlpExporter(exporter => Aim(exporter, options.Otlp, "v1/traces")));
        }
    }

    /// <summary>The numbers of the whole hub, so a key is needed; any that may read will do. Only the demo on this machine needs none.</summary>
    public static void Map(WebApplication app, TelemetryOptions options)
    {
        if (options.Prometheus)
        {
            app.MapPrometheusScrapingEndpoint(MetricsPath).RequireAuthorization(Web.Security.Roles.Viewer);
        }
    }

    /// <summary>
    /// By the trace's id alone where the parent is elsewhere, so that all processes agree and nobody outside can have every delivery recorded by sending a flag.
    /// </summary>
    private static ParentBasedSampler SamplerOf(double ratio)
    {
        var byId = new TraceIdRatioBasedSampler(ratio);
        return new ParentBasedSampler(byId, remoteParentSampled: byId, remoteParentNotSampled: byId);
    }

    private static void Aim(OtlpExporterOptions exporter, OtlpOptions options, string path)
    {
        var isHttp = options.Protocol == OtlpOptions.Http;
        exporter.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = isHttp ? new Uri(new Uri(options.Endpoint!.TrimEnd('/') + "/"), path) : new Uri(options.Endpoint!);
        exporter.Headers = options.Headers;
    }
}
