using System.Collections.Immutable;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>Every field × every origin, through the real merge.</summary>
public sealed class OwnershipTests
{
    public static TheoryData<string, OriginKind> Cases()
    {
        var data = new TheoryData<string, OriginKind>();
        foreach (var field in Fields.All.Where(f => !f.IsStructure && f.Class != OwnerClass.Stock && f.Type != FieldType.Set))
        {
            foreach (var origin in Enum.GetValues<OriginKind>())
            {
                data.Add(field.Name, origin);
            }
        }

        return data;
    }

    private static (string Old, string New) Values(FieldDefinition field) => field.Type switch
    {
        FieldType.Boolean => ("true", "false"),
        FieldType.Money or FieldType.Decimal or FieldType.Integer => ("7", "8"),
        _ => ("old", "new"),
    };

    private static RegisterKey KeyOf(FieldDefinition field) => new(field.Name, field.Scope == FieldScope.Variant ? V1 : null, field.Type == FieldType.Money ? "EUR" : null);

    private static bool MayChange(OwnerClass owners, OriginKind origin) => owners switch
    {
        OwnerClass.Commerce => origin is OriginKind.Storefront or OriginKind.Hub,
        OwnerClass.Ops => origin is not OriginKind.Storefront,
        _ => true,
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EditOfAFilledField_ByEachOrigin_IsTakenOnlyFromItsOwners(string name, OriginKind origin)
    {
        var field = Fields.Get(name);
        var (old, next) = Values(field);
        var lab = Prepared(field, origin, old, out var id);
        lab.Clock = 5000;
        if (origin == OriginKind.Hub)
        {
            lab.Edit(KeyOf(field), next);
        }
        else
        {
            lab.Webhook(id, 4990, (name, next));
        }

        var isAllowed = MayChange(field.Class, origin);
        Assert.Equal(isAllowed ? next : old, lab.Value(KeyOf(field)));
        if (!isAllowed)
        {
            Assert.Contains(lab.Log, l => l.Action == LogAction.Refused && l.Rule is MergeRule.NotOwner or MergeRule.OnlyWhileEmpty);
            Assert.True(lab.HasRowFor(next));
            Assert.Equal(old, lab.Planned(id, KeyOf(field)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void FirstValueOfAnEmptyField_IsTakenFromOwners_AndFromStorefrontsForOps(string name, OriginKind origin)
    {
        if (origin == OriginKind.Hub)
        {
            return;
        }

        var field = Fields.Get(name);
        var lab = new Lab();
        lab.Add(new ChannelId("X"), origin, [name]);
        lab.Read(new ChannelId("X"), 100, (name, Values(field).New));
        var isAllowed = field.Class != OwnerClass.Commerce || origin == OriginKind.Storefront;
        Assert.Equal(isAllowed ? Values(field).New : null, lab.Value(KeyOf(field)));
    }

    [Fact]
    public void OpsFieldFilledByAStorefront_StaysWithItUntilAnotherOriginClaims()
    {
        var lab = new Lab();
        lab.Clock = 100;
        lab.Webhook(S, 90, ("weight", "1"));
        lab.Clock = 200;
        lab.Webhook(S, 190, ("weight", "2"));
        Assert.Equal("2", lab.Value(Weight));
        lab.Clock = 1000;
        lab.Edit(Weight, "3");
        lab.Clock = 2000;
        lab.Webhook(S, 1990, ("weight", "4"));
        Assert.Equal("3", lab.Value(Weight));
    }

    [Fact]
    public void TenantOverride_PriceToOps_RefusesTheShop()
    {
        var lab = Linked(("price", "10"));
        lab.Policy = TenantPolicy.Default with { ClassOverrides = ImmutableDictionary<string, OwnerClass>.Empty.Add("price", OwnerClass.Ops) };
        lab.Clock = 1000;
        lab.Webhook(W, 990, ("price", "5"));
        Assert.Equal("10", lab.Value(Price));
        Assert.Equal("10", lab.Planned(W, Price));
    }

    [Fact]
    public void TenantOverride_CannotGiveStockAway()
    {
        var policy = TenantPolicy.Default with { ClassOverrides = ImmutableDictionary<string, OwnerClass>.Empty.Add("available", OwnerClass.Shared), StockOrigin = "S" };
        Assert.Equal(OwnerClass.Stock, policy.ClassOf(Fields.Get("available")));
        Assert.False(policy.MaySayStock(new Origin(OriginKind.Storefront, "S")));
    }

    private static Lab Prepared(FieldDefinition field, OriginKind origin, string old, out ChannelId id)
    {
        var lab = new Lab();
        id = new ChannelId("X");
        lab.Add(id, origin == OriginKind.Hub ? OriginKind.Storefront : origin, [field.Name]);
        lab.Clock = 10;
        lab.Edit(KeyOf(field), old);
        lab.Clock = 20;
        lab.Read(id, 5, (field.Name, old));
        Assert.Empty(lab.Plan(id).Delta);
        return lab;
    }
}
