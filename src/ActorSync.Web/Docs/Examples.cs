using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ActorSync.Web.Docs;

/// <summary>Examples of a route's body and answer, for the OpenAPI document.</summary>
internal sealed record RouteExample(string? Body, string? Answer)
{
    /// <summary>The body is a product: every field of the registry.</summary>
    public bool IsProduct { get; init; }
}

internal static class RouteExamples
{
    /// <summary>States that the route takes a JSON object, shown by an example.</summary>
    public static TBuilder WithBody<TBuilder>(this TBuilder builder, string example) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new AcceptsMetadata(["application/json"], typeof(JsonObject), isOptional: false), new RouteExample(example, null));

    /// <summary>States that the route takes a product: any field of the registry.</summary>
    public static TBuilder WithProductBody<TBuilder>(this TBuilder builder, string example) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new AcceptsMetadata(["application/json"], typeof(JsonObject), isOptional: false), new RouteExample(example, null) { IsProduct = true });

    /// <summary>Shows a successful answer.</summary>
    public static TBuilder WithAnswer<TBuilder>(this TBuilder builder, string example) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RouteExample(null, example));
}

/// <summary>Writes the examples and the two ways to send a key into the OpenAPI document.</summary>
internal static class OpenApiDocuments
{
    private static readonly string[] TagOrder = ["Products", "Product sync", "Conflicts", "Channels", "Webhooks", "Webhook ingress", "Access", "Health"];

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "ActorSync",
                Version = "1",
                Description = "Keeps products, prices and stock the same across shops. Send an API key as `Authorization: Bearer` or `X-Api-Key`. " +
                    "Errors are RFC 9457 problem details; changes accept `Idempotency-Key`.",
            };
            // The order in which people meet them; a capability that is missing here comes last.
            document.Tags = new HashSet<OpenApiTag>((document.Tags ?? new HashSet<OpenApiTag>()).OrderBy(t => Array.IndexOf(TagOrder, t.Name) is >= 0 and var place ? place : TagOrder.Length));
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
            document.Components.SecuritySchemes["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" };
            document.Components.SecuritySchemes["apiKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-Api-Key" };
            document.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("apiKey", document)] = [] },
            ];
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (Requests.TextConverter.Writes(context.JsonTypeInfo.Type))
            {
                schema.Type = JsonSchemaType.String;
                schema.Properties = null;
                schema.Required = null;
            }

            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            foreach (var example in context.Description.ActionDescriptor.EndpointMetadata.OfType<RouteExample>())
            {
                if (example.Body is { } body && operation.RequestBody?.Content?.TryGetValue("application/json", out var taken) == true)
                {
                    taken.Example = JsonNode.Parse(body);
                }

                if (example.IsProduct && operation.RequestBody?.Content?.TryGetValue("application/json", out var product) == true)
                {
                    product.Schema = ProductSchema.Of();
                }

                if (example.Answer is { } answer && operation.Responses?.FirstOrDefault(r => r.Key.StartsWith('2')).Value?.Content?.TryGetValue("application/json", out var given) == true)
                {
                    given.Example = JsonNode.Parse(answer);
                }
            }

            return Task.CompletedTask;
        });
    }
}
