using System.Text.Json.Nodes;
using System.Text.Json;
using ActorSync.Sandbox.Shopify.Bulk;
using GraphQL;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>What the resolvers of one request share.</summary>
public sealed class RequestState(Shop shop, QueryValues values, GraphQlEngine engine)
{
    public Shop Shop { get; } = shop;

    public GraphQlEngine Engine { get; } = engine;

    public BulkDesk Desk => Engine.Desk;

    public QueryValues Values { get; } = values;

    /// <summary>Entries for extensions.search.</summary>
    public JsonArray SearchNotes { get; } = [];

    /// <summary>Set where a bulk query runs.</summary>
    public BulkPaging? Bulk { get; init; }

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

    public PageArguments Page(IResolveFieldContext context) => Bulk is { } bulk ? BulkPage(bulk, context) : new(
        Number(context, "first"), Number(context, "last"), Text(context, "after"), Text(context, "before"), Flag(context, "reverse", otherwise: false));

    /// <summary>Sizes and cursors that a bulk query names are ignored.</summary>
    private PageArguments BulkPage(BulkPaging bulk, IResolveFieldContext context) => new(
        context.Parent is null ? bulk.Take : int.MaxValue, Last: null, context.Parent is null ? bulk.After : null, Before: null, Flag(context, "reverse", otherwise: false))
    {
        IsBulk = true,
    };
}
