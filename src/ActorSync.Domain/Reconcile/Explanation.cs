using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

/// <summary>Why a register has its value: all claims best first, and what one channel holds of it.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.explanation")]
public sealed record Explanation
{
    [Id(0)] public required RegisterKey Key { get; init; }
    [Id(1)] public FieldValue? Value { get; init; }
    [Id(2)] public Origin? Winner { get; init; }
    [Id(3)] public ImmutableArray<Claim> Claims { get; init; } = [];
    [Id(4)] public MergeRule? Rule { get; init; }
    [Id(5)] public ImmutableArray<HeldExplanation> Channels { get; init; } = [];
}

[GenerateSerializer, Immutable, Alias("actorsync.held-explanation")]
public sealed record HeldExplanation
{
    [Id(0)] public required ChannelId Channel { get; init; }
    /// <summary>Null = unknown.</summary>
    [Id(1)] public FieldValue? Held { get; init; }
    [Id(2)] public FieldValue? Target { get; init; }
    [Id(3)] public bool IsClean { get; init; }
    [Id(4)] public bool IsUndecided { get; init; }
    [Id(5)] public string? Parked { get; init; }
    [Id(6)] public DateTimeOffset? VerifiedAt { get; init; }
}

public static class Explanations
{
    public static Explanation Of(ProductState product, RegisterKey key, IEnumerable<(ChannelProfile Channel, LinkState Link)> links)
    {
        ArgumentNullException.ThrowIfNull(product);
        ArgumentNullException.ThrowIfNull(links);
        var claims = product.Registers.TryGetValue(key, out var register) ? register.Claims : [];
        var field = Fields.Get(key.Field);
        var channels = ImmutableArray.CreateBuilder<HeldExplanation>();
        foreach (var (channel, link) in links)
        {
            var target = product.Target(key, channel.Id)?.Value;
            var known = link.Registers.TryGetValue(key.Unscoped, out var found) ? found : null;
            channels.Add(new HeldExplanation
            {
                Channel = channel.Id,
                Held = known?.Last?.Value,
                Target = target,
                IsClean = target is { } wanted && Planner.IsClean(channel, field, known, wanted),
                IsUndecided = known?.Undecided ?? false,
                Parked = known?.Parked?.Message,
                VerifiedAt = link.ObservedAt,
            });
        }

        return new Explanation
        {
            Key = key,
            Value = claims.IsEmpty ? null : claims[0].Value,
            Winner = claims.IsEmpty ? null : claims[0].Origin,
            Claims = claims,
            Rule = claims.Length switch
            {
                0 => null,
                1 => MergeRule.First,
                _ => Merge.RuleOf(claims[0], claims[1]),
            },
            Channels = channels.ToImmutable(),
        };
    }
}
