using ActorSync.Abstractions.Stores;

namespace ActorSync.Grains.Stores;

/// <summary>What the stream told of why products are dirty, until they are leased: at most one cause per product that the window may hold. Losing one loses a link of a trace.</summary>
internal sealed class PushCauses
{
    private readonly Dictionary<ProductId, PushCause> waiting = [];

    public void Add(ProductDirty dirty)
    {
        // A product that is due later has not been waiting for us.
        if ((dirty.Trace is not null || dirty.ArrivedAt is not null) && dirty.DueAt is null && waiting.Count < PushWindow.MaxWaiting)
        {
            waiting.TryAdd(dirty.Product, new PushCause { Product = dirty.Product, Trace = dirty.Trace, ArrivedAt = dirty.ArrivedAt });
        }
    }

    public ImmutableArray<PushCause> Take(ImmutableArray<ProductId> products)
    {
        if (waiting.Count == 0)
        {
            return [];
        }

        var taken = ImmutableArray.CreateBuilder<PushCause>();
        foreach (var product in products)
        {
            if (waiting.Remove(product, out var cause))
            {
                taken.Add(cause);
            }
        }

        return taken.ToImmutable();
    }

    public void Clear() => waiting.Clear();
}
