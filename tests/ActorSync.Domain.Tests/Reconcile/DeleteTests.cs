using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using static ActorSync.Domain.Tests.Reconcile.Lab;
using static ActorSync.Domain.Tests.Reconcile.Shop;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>What a confirmed delete at one shop means elsewhere, by the tenant's policy.</summary>
public sealed class DeleteTests
{
    [Fact]
    public void DeletePolicy_OfBefore_IsReadAsArchive()
    {
        Assert.Equal(DeletePolicy.Unlink, TenantPolicy.Default.Deletes);
        Assert.Equal(DeletePolicy.Archive, (TenantPolicy.Default with { SpreadDeletes = true }).Deletes);
        Assert.Equal(DeletePolicy.Unlink, (TenantPolicy.Default with { SpreadDeletes = true, DeletesChosen = DeletePolicy.Unlink }).Deletes);
    }

    [Theory]
    [InlineData(DeletePolicy.Unlink, null)]
    [InlineData(DeletePolicy.Archive, PushAction.Archive)]
    [InlineData(DeletePolicy.Delete, PushAction.Delete)]
    public void Delete_Confirmed_IsArchivedDeletedOrLeftElsewhereByPolicy(DeletePolicy policy, PushAction? action)
    {
        var lab = Deleted(policy);

        var plan = lab.Plan(S);

        Assert.Equal(policy == DeletePolicy.Unlink ? ProductLife.Active : ProductLife.Deleted, lab.Product.Life);
        Assert.Equal(action, plan.IsEmpty ? null : plan.Action);
        Assert.Equal(LinkStatus.Linked, lab.Links[S].Status);
    }

    [Fact]
    public void Delete_OfWhatTheHubMadeThere_IsNoConflictWithItsMaking()
    {
        var lab = new Lab { Clock = 100 };
        lab.Add(S, OriginKind.Storefront, ["name", "price", "sku", "isActive"]);
        lab.Add(W, OriginKind.Storefront, ["name", "price", "sku", "exists"]);
        lab.Policy = TenantPolicy.Default with { DeletesChosen = DeletePolicy.Delete };
        lab.Observe(S, Shirt("s1", 50, "Shirt"), ObservationSource.Import, 100);
        var item = lab.Begin(W);
        lab.Take(W, Reconciler.Settle(lab.Context(W), lab.Product, lab.Links[W], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = item.PushId,
            Result = PushResult.Applied,
            Answer = Shirt("w1", 100, "Shirt"),
            ExternalId = "w1",
            Bound = [new VariantLink { Variant = V1, ExternalId = "w1-a" }],
            SentAt = lab.Now,
        }));
        lab.Edit(new RegisterKey("exists", V1), "true");
        lab.Links[W] = lab.Links[W] with { Registers = lab.Links[W].Registers.SetItem(new RegisterKey("exists", V1), new Held()) };
        lab.Clock = 1000;

        lab.Observe(W, Product("w1", 0, "") with { Deleted = true, Variants = [], VariantsComplete = false }, ObservationSource.Read, 1000);

        Assert.Equal(ProductLife.Deleted, lab.Product.Life);
        Assert.Empty(lab.Rows);
    }

    [Theory]
    [InlineData(PushResult.Applied)]
    [InlineData(PushResult.Gone)]
    public void Delete_Pushed_EndsTheLink_AndGoneAlreadyIsSuccess(PushResult result)
    {
        var lab = Deleted(DeletePolicy.Delete);
        var item = lab.Begin(S);
        Assert.Equal("false", item.Delta.Single(value => value.Key == new RegisterKey("exists")).Target.Text);

        lab.Settle(S, item, result);

        Assert.Equal(LinkStatus.Deleted, lab.Links[S].Status);
        Assert.Empty(lab.Plan(S).Delta);
        Assert.False(lab.Plan(S).HasWork);
        lab.Observe(S, Product("s1", 0, "") with { Deleted = true, Variants = [], VariantsComplete = false }, ObservationSource.Webhook, null);
        Assert.Equal(LinkStatus.Deleted, lab.Links[S].Status);
    }

    [Fact]
    public void Delete_PushOfUnknownOutcome_ReadsBeforeItIsRepeated()
    {
        var lab = Deleted(DeletePolicy.Delete);
        lab.Settle(S, lab.Begin(S), PushResult.Unknown);
        lab.Clock += 60;
        Assert.True(lab.Plan(S).ReadFirst);

        lab.Observe(S, Product("s1", 0, "") with { Deleted = true, Variants = [], VariantsComplete = false }, ObservationSource.Read, lab.Clock);

        Assert.Equal(LinkStatus.Deleted, lab.Links[S].Status);
        Assert.False(lab.Plan(S).HasWork);
    }

    [Fact]
    public void Delete_ShopNotSeenLately_IsReadFirst_AndWhatSomeoneEditedThereIsKeptWithARow()
    {
        var lab = Deleted(DeletePolicy.Delete);
        lab.Clock += 60;
        Assert.True(lab.Plan(S).ReadFirst);

        lab.Observe(S, Shirt("s1", (long)lab.Clock - 5, "Shirt of the shop"), ObservationSource.Read, lab.Clock);

        Assert.Equal(ProductLife.Active, lab.Product.Life);
        Assert.Equal("Shirt of the shop", lab.Value(Name));
        Assert.Contains(lab.Rows.Values, row => row.Rule == MergeRule.DeletePolicy && row.LoserValue == FieldValue.False);
        Assert.DoesNotContain(lab.Plan(S).Delta, value => value.Key.Field == "exists");
        Assert.Equal(LinkStatus.Deleted, lab.Links[W].Status);
        Assert.False(lab.Plan(W).HasWork);
    }

    [Fact]
    public void Delete_OneTooMany_IsHeldUntilAPersonLetsItGo()
    {
        var lab = Deleted(DeletePolicy.Delete);
        lab.Links[S] = Reconciler.HoldWithdrawal(lab.Links[S], lab.Now);
        var guard = lab.Plan(S).Guard;
        Assert.Contains("deleted", guard, StringComparison.Ordinal);

        lab.Links[S] = Reconciler.PassGuard(lab.Links[S], guard!);

        Assert.Null(lab.Plan(S).Guard);
        Assert.Equal(PushAction.Delete, lab.Plan(S).Action);
    }

    /// <summary>Linked at both shops, deleted at W, seen at S just now.</summary>
    private static Lab Deleted(DeletePolicy policy)
    {
        var lab = new Lab { Clock = 100 };
        lab.Add(S, OriginKind.Storefront, ["name", "price", "sku", "isActive"]);
        lab.Add(W, OriginKind.Storefront, ["name", "price", "sku"]);
        lab.Observe(S, Shirt("s1", 50, "Shirt"), ObservationSource.Import, 100);
        lab.Observe(W, Shirt("w1", 60, "Shirt"), ObservationSource.Import, 100);
        lab.Policy = TenantPolicy.Default with { DeletesChosen = policy };
        lab.Clock = 1000;
        lab.Observe(W, Product("w1", 0, "") with { Deleted = true, Variants = [], VariantsComplete = false }, ObservationSource.Read, 1000);
        lab.Observe(S, Shirt("s1", 60, "Shirt"), ObservationSource.Read, 1000);
        return lab;
    }

    private static ObservedProduct Shirt(string id, long version, string name) => Product(id, version, name, Variant(id + "-a", "sh-a", "10"));
}
