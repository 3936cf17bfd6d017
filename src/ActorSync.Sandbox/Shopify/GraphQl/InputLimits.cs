using System.Text.Json;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>How long the lists in a request may be. A request above it does nothing at all.</summary>
public static class InputLimits
{
    public const int Usual = 250;
    public const int Variants = 2048;

    public static GraphQlError? Check(string text, GraphQLOperationDefinition operation, QueryValues values)
    {
        foreach (var field in operation.SelectionSet.Selections.OfType<GraphQLField>())
        {
            foreach (var argument in field.Arguments?.Items ?? [])
            {
                if (TooLong(values.Of(argument.Value), argument.Name.StringValue, [(field.Alias?.Name ?? field.Name).StringValue, argument.Name.StringValue]) is var (path, size, limit))
                {
                    return GraphQlError.Of("MAX_INPUT_SIZE_EXCEEDED", $"The input array size of {size} is greater than the maximum allowed of {limit}.") with
                    {
                        Locations = [GraphQlError.At(text, field)],
                        Path = path,
                    };
                }
            }
        }

        return null;
    }

    private static (IReadOnlyList<object> Path, int Size, int Limit)? TooLong(JsonElement value, string name, IReadOnlyList<object> path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                // productSet and metafieldsSet refuse too many of these in words of their own.
                var limit = name is "variants" or "variantsIds" or "metafields" ? Variants : Usual;
                var size = value.GetArrayLength();
                return size > limit ? (path, size, limit) : value.EnumerateArray().Select(i => TooLong(i, name, path)).FirstOrDefault(r => r is not null);
            case JsonValueKind.Object:
                return value.EnumerateObject().Select(m => TooLong(m.Value, m.Name, [.. path, m.Name])).FirstOrDefault(r => r is not null);
            default:
                return null;
        }
    }
}
