using System.Collections.Immutable;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Tests.Products;

public sealed class IdentityTests
{
    private static readonly ProductId A = new("a");
    private static readonly ProductId B = new("b");

    private static ObservedProduct Body(params (string? Sku, string? Gtin)[] variants) => new()
    {
        ExternalId = "r1",
        Version = new Stamp(1),
        Variants =
        [
            .. variants.Select((v, i) => new ObservedVariant
            {
                ExternalId = $"r1-{i}",
                Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("sku", Canonical.Text(v.Sku)).Add("gtin", Canonical.Text(v.Gtin)),
            }),
        ],
    };

    [Theory]
    [InlineData(" ab-1 ", "AB-1")]
    [InlineData("AB-1", "AB-1")]
    [InlineData("  ", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void IdentitySku_IsTrimmedCaseBlindAndNeverEmpty(string? sku, string? identity) => Assert.Equal(identity, Identity.IdentitySku(sku));

    [Fact]
    public void Decide_NothingFound_IsNew() => Assert.True(Identity.Decide([], _ => false).IsNew);

    [Fact]
    public void Decide_OneProductBySku_IsFound_EvenIfAGtinPointsElsewhere()
    {
        var keys = Identity.Keys(Body(("x1", "4006381333931"), ("X1", null), ("x2", "bad")));
        Assert.Equal(3, keys.Length);
        var verdict = Identity.Decide([(keys[0], A), (keys[1], A), (keys[2], B)], _ => false);
        Assert.Equal(A, verdict.Product);
    }

    [Fact]
    public void Decide_SkusOfDifferentProducts_IsAmbiguousWithTheReason()
    {
        var keys = Identity.Keys(Body(("x1", null), ("x2", null)));
        var verdict = Identity.Decide([(keys[0], A), (keys[1], B)], _ => false);
        Assert.Null(verdict.Product);
        Assert.Contains("X1", verdict.Ambiguity, StringComparison.Ordinal);
        Assert.Contains("X2", verdict.Ambiguity, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_ProductAlreadyLinkedInTheChannel_IsAmbiguous()
    {
        var keys = Identity.Keys(Body(("x1", null)));
        Assert.NotNull(Identity.Decide([(keys[0], A)], id => id == A).Ambiguity);
    }

    [Fact]
    public void Ambiguity_OneSkuOnTwoVariants_IsNamed()
    {
        Assert.Null(Identity.Ambiguity(Body(("x1", null), ("x2", null), (null, null), ("", null))));
        Assert.Contains("X1", Identity.Ambiguity(Body(("x1", null), ("X1 ", null))), StringComparison.Ordinal);
    }
}
