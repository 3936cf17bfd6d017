using ActorSync.Sandbox.Shopify.GraphQl;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>A top-level error at one root field: its result is null and the rest of the answer stays.</summary>
public sealed class RefusedException(string code, string message) : Exception(message)
{
    public GraphQlError Error { get; } = GraphQlError.Of(code, message);

    public static RefusedException InvalidId(string message = "invalid id") => new("RESOURCE_NOT_FOUND", message);
}

/// <summary>A mutation's result by field name.</summary>
public sealed class Payload : Dictionary<string, object?>
{
    public Payload(IReadOnlyList<ShopUserError> errors)
        : base(StringComparer.Ordinal) => this["userErrors"] = errors;

    public IReadOnlyList<ShopUserError> Errors => (IReadOnlyList<ShopUserError>)this["userErrors"]!;
}

public sealed record VariantRef(ShopProduct Product, ShopVariant Variant);

public sealed record ItemRef(ShopProduct Product, ShopVariant Variant);

public sealed record LevelRef(ShopProduct Product, ShopVariant Variant, ShopLevel Level);
