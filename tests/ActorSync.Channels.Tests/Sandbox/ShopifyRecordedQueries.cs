namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The recordings whose query text was not kept, in a text that selects what their answers show.</summary>
internal static class ShopifyRecordedQueries
{
    public const string Update = """
        mutation($productId: ID!, $variants: [ProductVariantsBulkInput!]!) { productVariantsBulkUpdate(productId: $productId, variants: $variants) {
          product { id totalInventory tracksInventory } productVariants { id title sku inventoryQuantity selectedOptions { name value } } userErrors { field message code } } }
        """;

    public const string Create = """
        mutation($productId: ID!, $variants: [ProductVariantsBulkInput!]!) { productVariantsBulkCreate(productId: $productId, variants: $variants) {
          product { id } productVariants { id } userErrors { field message code } } }
        """;

    public const string Delete = """
        mutation($productId: ID!, $variantsIds: [ID!]!) { productVariantsBulkDelete(productId: $productId, variantsIds: $variantsIds) {
          product { id totalInventory tracksInventory } userErrors { field message code } } }
        """;

    public static string For(string root) => root switch
    {
        "productVariantsBulkUpdate" => Update,
        "productVariantsBulkCreate" => Create,
        "productVariantsBulkDelete" => Delete,
        _ => throw new ArgumentException($"No text is kept for '{root}'.", nameof(root)),
    };
}
