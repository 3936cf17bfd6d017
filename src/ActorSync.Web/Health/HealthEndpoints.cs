using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ActorSync.Web.Health;

/// <summary>Tells whether this process can do its work. The host implements it: storage answers, cluster member, not draining.</summary>
public interface IReadiness
{
    /// <summary>Looks now; bounded to a few seconds by the implementation.</summary>
    ValueTask<ReadinessReport> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>One look.</summary>
/// <param name="Checks">What was looked at.</param>
public sealed record ReadinessReport(ImmutableArray<ReadinessCheck> Checks)
{
    /// <summary>All checks hold.</summary>
    public bool IsReady => Checks.All(c => c.Ok);
}

/// <summary>One thing that must hold.</summary>
/// <param name="Name">storage, cluster, …</param>
/// <param name="Ok">It holds.</param>
/// <param name="Sentence">For people.</param>
public sealed record ReadinessCheck(string Name, bool Ok, string Sentence);

internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health").AllowAnonymous();
        health.MapGet("/live", () => TypedResults.Ok(new HealthAnswer("live", []))).WithSummary("Answers 200 while the process runs.");
        health.MapGet("/ready", Ready).WithSummary("Answers 200 when storage and cluster can be used, else 503 with the reason.")
            .Produces<HealthAnswer>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<JsonHttpResult<HealthAnswer>> Ready([FromServices] IReadiness readiness, CancellationToken cancellationToken)
    {
        var report = await readiness.CheckAsync(cancellationToken);
        return TypedResults.Json(new HealthAnswer(report.IsReady ? "ready" : "not-ready", report.Checks),
            statusCode: report.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>Health in an answer.</summary>
internal sealed record HealthAnswer(string Status, ImmutableArray<ReadinessCheck> Checks);
