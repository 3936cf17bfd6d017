using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.Shopify;

namespace ActorSync.Channels.Tests.Shopify;

public sealed class ShopifyOperationsTests
{
    /// <summary>The most that each document is asked for.</summary>
    private static Dictionary<string, int> LargestPage(string name) => new() { ["first"] = name == "CollectionMembers" ? IReadWorkerGrain.MaxMembers : ShopifySource.PageSize };

    public static TheoryData<string> Names => [.. ShopifyOperations.All.Select(operation => operation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Document_AgainstShopifysSchema_IsValidAndUsesNothingDeprecated(string name) =>
        Assert.Empty(ShopifySchema.Load().Problems(Operation(name).Document));

    [Theory]
    [MemberData(nameof(Names))]
    public void Document_NotedCost_IsWhatTheModelSays(string name)
    {
        var operation = Operation(name);
        Assert.Equal(ShopifySchema.Load().Cost(operation.Document, LargestPage(name)), operation.Cost);
        Assert.InRange(operation.Cost, 1, 699);
    }

    [Fact]
    public void Document_EachFile_IsLoadedOnce()
    {
        var files = typeof(ShopifyOperations).Assembly.GetManifestResourceNames()
            .Where(name => name.Contains("Shopify.Operations", StringComparison.Ordinal) && !name.EndsWith("Fragments.graphql", StringComparison.Ordinal)).ToArray();
        Assert.Equal(files.Length, ShopifyOperations.All.Count);
        Assert.Equal(files.Length, ShopifyOperations.All.Select(operation => operation.Name).Distinct().Count());
    }

    [Fact]
    public void Schema_AFieldThatShopifyLacks_IsAProblem() =>
        Assert.Single(ShopifySchema.Load().Problems("mutation A($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { field code } } }"));

    [Fact]
    public void Countries_AgainstShopifysSchema_AreTheSame() => Assert.Equal(ShopifySchema.Load().Values("CountryCode").Order(), ShopifyCountries.Codes.Order());

    private static ShopifyOperation Operation(string name) => ShopifyOperations.All.Single(operation => operation.Name == name);
}
