using System.Reflection;
using System.Runtime.CompilerServices;
using ActorSync.Web.Errors;
using Microsoft.Extensions.Primitives;

namespace ActorSync.Web.Requests;

/// <summary>Query parameters of the API: snake_case is accepted, and a name that the route does not know is refused, because a filter that is not applied misleads.</summary>
internal sealed class QueryNames(RequestDelegate next)
{
    private readonly ConditionalWeakTable<Endpoint, string[]> _known = [];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Query.Count == 0 || !request.Path.StartsWithSegments("/api", StringComparison.Ordinal) || context.GetEndpoint() is not { } endpoint ||
            endpoint.Metadata.GetMetadata<Security.InboundWebhookAttribute>() is not null)
        {
            return next(context);
        }

        var known = _known.GetValue(endpoint, NamesOf);
        var wrong = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var query = new Dictionary<string, StringValues>(StringComparer.Ordinal);
        foreach (var (name, value) in request.Query)
        {
            if (known.FirstOrDefault(k => Nearest.Fold(k) == Nearest.Fold(name)) is { } match)
            {
                query[match] = value;
            }
            else
            {
                var near = Nearest.Find(name, known);
                wrong[name] = [near is not null ? $"The query parameter '{name}' is not known here; did you mean '{near}'? Other names are not accepted."
                    : $"The query parameter '{name}' is not known here; accepted {(known.Length == 0 ? "is none" : "are " + string.Join(", ", known))}."];
            }
        }

        if (wrong.Count > 0)
        {
            return new Problem(ApiError.Invalid(wrong)).ExecuteAsync(context);
        }

        request.Query = new QueryCollection(query);
        return next(context);
    }

    /// <summary>What the handler binds from the query: its simple parameters that are no part of the path.</summary>
    private static string[] NamesOf(Endpoint endpoint)
    {
        var path = (endpoint as RouteEndpoint)?.RoutePattern.Parameters.Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase) ?? [];
        return [.. (endpoint.Metadata.GetMetadata<MethodInfo>()?.GetParameters() ?? [])
            .Where(p => (p.ParameterType == typeof(string) || p.ParameterType == typeof(int?)) && !path.Contains(p.Name!)).Select(p => p.Name!)];
    }
}
