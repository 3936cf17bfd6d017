using System.Text.Json;
using ActorSync.Web.Tests.Hub;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Web.Tests.Architecture;

/// <summary>The OpenAPI document and the routes tell the same story.</summary>
public sealed class SurfaceTests(TestHub hub)
{
    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    [Fact]
    public async Task OpenApi_Paths_AreExactlyTheDescribedRoutes()
    {
        var document = await hub.Viewer.GetJsonAsync("/openapi/v1.json");
        var documented = document.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Where(o => Methods.Contains(o.Name)).Select(o => $"{o.Name.ToUpperInvariant()} {p.Name}"));
        var served = Described().SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {PathOf(e)}"));

        Assert.Equal(served.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Routes_OfTheApi_AllHaveASummary() =>
        Assert.Empty(Described().Where(e => string.IsNullOrWhiteSpace(e.Metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary)).Select(PathOf));

    [Fact]
    public async Task OpenApi_Bodies_HaveExamplesThatAreJson()
    {
        var document = await hub.Viewer.GetJsonAsync("/openapi/v1.json");
        var bodies = document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Where(o => Methods.Contains(o.Name)))
            .Where(o => o.Value.TryGetProperty("requestBody", out _)).ToList();

        Assert.NotEmpty(bodies);
        Assert.All(bodies, b => Assert.Equal(JsonValueKind.Object, b.Value.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example").ValueKind));
    }

    [Fact]
    public async Task Docs_Page_LoadsNothingFromElsewhere()
    {
        var answer = await hub.Viewer.GetAsync("/docs/");
        var page = await answer.Content.ReadAsStringAsync();

        Assert.True(answer.IsSuccessStatusCode, page);
        Assert.DoesNotContain("src=\"http", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("cdn.", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Api_Routes_OfApiMdSectionsThatRun_AreServed()
    {
        string[] expected =
        [
            "GET /api/products", "POST /api/products", "GET /api/products/{id}", "PUT /api/products/{id}", "PATCH /api/products/{id}", "DELETE /api/products/{id}",
            "GET /api/products/{id}/history", "POST /api/products/{id}/revert", "GET /api/products/{id}/explain",
            "GET /api/integrations/product-sync/status/{clientId}", "GET /api/integrations/product-sync/metrics", "GET /api/integrations/product-sync/field-ownership",
            "PUT /api/integrations/product-sync/field-ownership/{clientId}", "POST /api/integrations/product-sync/product/{id}/sync",
            "POST /api/integrations/product-sync/product/{id}/queue", "GET /api/integrations/product-sync/product/{id}/queue-status",
            "GET /api/integrations/product-sync/product/{id}/logs", "GET /api/integrations/product-sync/conflicts/{clientId}",
            "POST /api/integrations/product-sync/conflicts/{productId}/resolve", "POST /api/integrations/product-sync/create",
            "POST /api/integrations/product-sync/client/{clientId}/full-sync", "GET /api/conflicts", "POST /api/conflicts/{id}/resolve", "GET /api/conflicts/stats",
            "GET /api/channels", "POST /api/channels", "GET /api/channels/{id}", "PUT /api/channels/{id}", "DELETE /api/channels/{id}", "POST /api/channels/{id}/test",
            "POST /api/channels/{id}/pause", "POST /api/channels/{id}/resume", "POST /api/channels/{id}/go-live", "POST /api/channels/{id}/register-webhooks",
            "POST /api/channels/{id}/reconcile", "GET /api/channels/{id}/reconcile", "GET /api/channels/{id}/reconcile/{jobId}", "POST /api/conflicts/detect",
            "POST /api/channels/{id}/import", "GET /api/channels/{id}/health", "POST /api/shopify/import/{what}",
            "POST /webhooks/{kind}/{channelId}", "POST /webhooks/{kind}", "POST /api/integrations/webhooks/shopify-enhanced/{topic}",
            "POST /api/integrations/webhooks/woocommerce-enhanced/{topic}", "GET /api/webhooks/status", "GET /api/webhooks/metrics", "GET /api/webhooks/events",
            "POST /api/webhooks/test", "POST /api/webhooks/events/{id}/replay", "GET /api/api-keys", "POST /api/api-keys", "DELETE /api/api-keys/{id}",
            "GET /health/live", "GET /health/ready",
        ];
        var served = Described().SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {PathOf(e)}")).ToHashSet(StringComparer.Ordinal);

        Assert.Superset(expected.ToHashSet(StringComparer.Ordinal), served);
    }

    private IEnumerable<RouteEndpoint> Described() => hub.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
        .DistinctBy(e => (e.RoutePattern.RawText, string.Join(',', e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])))
        .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>() is not null && e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>()?.ExcludeFromDescription != true)
        .Where(e => PathOf(e).StartsWith("/api", StringComparison.Ordinal) || PathOf(e).StartsWith("/webhooks", StringComparison.Ordinal) || PathOf(e).StartsWith("/health", StringComparison.Ordinal));

    private static string PathOf(RouteEndpoint endpoint) =>
        "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p is RoutePatternParameterPart name ? $"{{{name.Name}}}" : ((RoutePatternLiteralPart)p).Content))));
}
