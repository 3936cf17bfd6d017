using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>A channel that takes batches of 100 and answers at once with what it was told: the hub's own cost and nothing else.</summary>
internal sealed class BatchSinkKind(TimeProvider clock) : IChannelKind
{
    public const string Kind = "bench";

    private readonly TimeProvider clock = clock;
    private long calls;
    private long items;

    public long Calls => Interlocked.Read(ref calls);

    public long Items => Interlocked.Read(ref items);

    public ChannelDescriptor Descriptor { get; } = new()
    {
        Kind = Kind,
        DisplayName = "Benchmark sink",
        PlatformName = "BENCH",
        OriginKind = OriginKind.Storefront,
        Mask = ["name", "description", "price", "compareAtPrice", "isActive", "tags", "vendor", "productType", "sku", "gtin", "options", "optionValues"],
        MaxPushBatch = 100,
        ImportPageSize = 100,
        Settings = [],
        EditUrl = (_, _) => null,
    };

    public ICanon Canon { get; } = new Identity();

    public IWebhookReader? Webhooks => null;

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null) => new Sink(this);

    private sealed class Identity : ICanon
    {
        public FieldValue Form(string field, FieldValue value) => value;

        public string ElementKey(string field, string element) => element.Trim().ToLowerInvariant();
    }

    private sealed class Sink(BatchSinkKind kind) : IChannel, IProductSink
    {
        public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult { Ok = true });

        public Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref kind.calls);
            Interlocked.Add(ref kind.items, items.Length);
            var now = kind.clock.GetUtcNow();
            return Task.FromResult(items.Select(item => Applied(item, now)).ToImmutableArray());
        }

        private static PushOutcome Applied(PushItem item, DateTimeOffset now)
        {
            var externalId = item.ExternalId ?? item.Product.Value;
            string VariantId(DesiredVariant variant) => variant.ExternalId ?? $"{externalId}-{variant.Id.Value}";
            return new PushOutcome
            {
                Product = item.Product,
                PushId = item.PushId,
                Result = PushResult.Applied,
                ExternalId = externalId,
                SentAt = now,
                Bound = [.. item.Target.Variants.Select(variant => new VariantLink { Variant = variant.Id, ExternalId = VariantId(variant) })],
                Answer = new ObservedProduct
                {
                    ExternalId = externalId,
                    Version = Stamp.At(now),
                    Fields = item.Target.Fields,
                    Sets = item.Target.Sets,
                    Options = item.Target.Options,
                    VariantsComplete = true,
                    Variants =
                    [
                        .. item.Target.Variants.Select(variant => new ObservedVariant
                        {
                            ExternalId = VariantId(variant),
                            Fields = variant.Fields,
                            OptionValues = variant.OptionValues,
                        }),
                    ],
                },
            };
        }
    }
}
