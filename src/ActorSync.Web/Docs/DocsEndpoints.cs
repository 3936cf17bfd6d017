using Scalar.AspNetCore;

namespace ActorSync.Web.Docs;

/// <summary>The OpenAPI document, and a page to read and try it. Scripts and fonts come from this process only.</summary>
internal static class DocsEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json");
        routes.MapScalarApiReference("/docs", options =>
        {
            options.Title = "ActorSync API";
            options.OpenApiRoutePattern = "/openapi/{documentName}.json";
            options.DefaultFonts = false;
            options.Telemetry = false;
            options.HideClientButton = true;
            options.ShowDeveloperTools = DeveloperToolsVisibility.Never;
            // Both would send what is on the page to somebody else's service.
            options.Agent = new ScalarAgentOptions { Disabled = true };
            options.Mcp = new ScalarMcpOptions { Disabled = true };
            options.DynamicBaseServerUrl = true;
        });
    }
}
