using System.Globalization;
using System.Text.Json;
using GraphQL.Types;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>
/// Shopify's own scalars. Inputs are read elsewhere, from the request itself, and were checked before; so here they only have to pass. Outputs are made into
/// the strings that Shopify sends before they reach the scalar.
/// </summary>
public sealed class PassingScalar : ScalarGraphType
{
    public PassingScalar(string name) => Name = name;

    public static IReadOnlyList<PassingScalar> All() => [.. ((string[])["ARN", "DateTime", "Decimal", "HTML", "JSON", "Money", "UnsignedInt64", "URL"]).Select(n => new PassingScalar(n))];

    public override object? ParseLiteral(GraphQLValue value) => value switch
    {
        GraphQLStringValue text => text.Value.ToString(),
        GraphQLIntValue number => number.Value.ToString(),
        GraphQLFloatValue number => number.Value.ToString(),
        GraphQLNullValue => null,
        _ => value.ToString(),
    };

    public override object? ParseValue(object? value) => value;

    public override object? Serialize(object? value) => value switch
    {
        DateTimeOffset time => Time(time),
        decimal amount => ShopText.Money(amount),
        long number => number.ToString(CultureInfo.InvariantCulture),
        JsonElement json => json,
        _ => value,
    };

    /// <summary>2026-06-25T01:33:55Z</summary>
    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
