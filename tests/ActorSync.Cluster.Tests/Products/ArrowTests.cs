using ActorSync.Cluster.Tests.Hub;
using ActorSync.Grains.Products;
using ActorSync.Grains.Stores;

namespace ActorSync.Cluster.Tests.Products;

public sealed class ArrowTests
{
    [Theory]
    [InlineData(typeof(ProductGrain), "IRemoteProductGrain")]
    [InlineData(typeof(ProductGrain), "IStoreGrain")]
    [InlineData(typeof(SkuGrain), "IProductGrain")]
    [InlineData(typeof(StoreGrain), "IProductGrain")]
    public void Refusal_ArrowThatPointsBack_IsNamed(Type caller, string callee) =>
        Assert.Equal($"Wrong arrow: {caller.Name} calls {callee}.", Arrows.Refusal(caller, "ActorSync.Abstractions." + callee));

    [Theory]
    [InlineData(typeof(RemoteProductGrain), "ActorSync.Abstractions.Products.IProductGrain")]
    [InlineData(typeof(RemoteProductGrain), "ActorSync.Abstractions.Products.ISkuGrain")]
    [InlineData(typeof(ProductGrain), "Orleans.Streams.IMemoryStreamQueueGrain")]
    public void Refusal_ArrowOfTheDesign_IsNone(Type caller, string interfaceName) => Assert.Null(Arrows.Refusal(caller, interfaceName));
}
