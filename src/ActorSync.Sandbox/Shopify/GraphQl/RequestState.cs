using System.Text.Json;
using System.Text.Json.Nodes;
using GraphQL;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>What the resolvers of one request share.</summary>
public sealed class RequestState(Shop shop, QueryValues values)
{
    public Shop Shop { get; } = shop;

    public QueryValues Values { get; } = values;

    /// <summary>Entries for extensions.search.</summary>
    public JsonArray SearchNotes { get; } = [];

    /// <summary>Root mutations that ended without an error.</summary>
    public int Writes { get; set; }

    public Input Argument(IResolveFieldContext context, string name) => new(Values.Argument(context.FieldAst, name));

    public string? Text(IResolveFieldContext context, string name) => Argument(context, name).Value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public int? Number(IResolveFieldContext context, string name) =>
        Argument(context, name).Value is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    public bool Flag(IResolveFieldContext context, string name, bool otherwise) => Argument(context, name).Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => otherwise,
    };

    public PageArguments Page(IResolveFieldContext context) => new(
        Number(context, "first"), Number(context, "last"), Text(context, "after"), Text(context, "before"), Flag(context, "reverse", otherwise: false));
}
