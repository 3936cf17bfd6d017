using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using static ActorSync.Domain.Tests.Reconcile.Lab;
using static ActorSync.Domain.Tests.Reconcile.Shop;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>First contact, creates, variants and deletes.</summary>
public sealed class StructureTests
{
    private static Lab Fresh()
    {
        var lab = new Lab();
        lab.Add(S, OriginKind.Storefront, ["name", "price", "sku", "tags"]);
        lab.Add(W, OriginKind.Storefront, ["name", "price", "sku", "tags"]);
        return lab;
    }

    private static Lab Imported()
    {
        var lab = Fresh();
        lab.Clock = 100;
        lab.Observe(S, Product("s1", 50, "Shirt", Variant("s1-a", "sh-a", "10", "S"), Variant("s1-b", "sh-b", "11", "M"), Variant("s1-c", "sh-c", "12", "L")),
            ObservationSource.Import, 100);
        return lab;
    }

    private static Lab Linked2()
    {
        var lab = Imported();
        lab.Observe(W, Product("w1", 60, "Shirt", Variant("w1-a", "SH-A", "10", "S"), Variant("w1-b", "SH-B", "11", "M"), Variant("w1-c", "SH-C", "12", "L")),
            ObservationSource.Import, 100);
        return lab;
    }

    [Fact]
    public void Import_OfAFilledProduct_MakesItWithItsVariants()
    {
        var lab = Imported();
        Assert.Equal(LinkStatus.Linked, lab.Links[S].Status);
        Assert.Equal("Shirt", lab.Value(Name));
        Assert.Equal(["sh-a", "sh-b", "sh-c"], lab.Product.LivingVariants().Select(v => lab.Product.Sku(v.Id)));
        Assert.Equal(12m, lab.Product.Price(new VariantId(3), "EUR"));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Equal(3, lab.Links[S].Variants.Length);
        Assert.Equal("s1-a-item", lab.Links[S].Variants[0].StockItemId);
    }

    [Fact]
    public void Create_AtAnotherChannel_CarriesEverything_AndSettlesClean()
    {
        var lab = Imported();
        var plan = lab.Plan(W);
        Assert.Equal(PushAction.Create, plan.Action);
        Assert.Equal(3, plan.Target!.Variants.Length);
        Assert.Contains(plan.Delta, d => d.Key == new RegisterKey("price", new VariantId(2), "EUR") && d.Target.Text == "11");
        var item = lab.Begin(W);
        Assert.False(item.MayHaveHappened);
        lab.Clock = 110;
        lab.Take(W, Reconciler.Settle(lab.Context(W), lab.Product, lab.Links[W], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = item.PushId,
            Result = PushResult.Applied,
            ExternalId = "w9",
            Bound = Bound(item, "w9"),
            Answer = Obey(item, "w9", 110),
            SentAt = lab.Now,
        }));
        Assert.Equal("w9", lab.Links[W].ExternalId);
        Assert.Equal(LinkStatus.Linked, lab.Links[W].Status);
        Assert.Equal(3, lab.Product.Variants.Length);
        Assert.False(lab.Plan(W).HasWork, string.Join(", ", lab.Plan(W).Delta.Select(d => d.Key)));
        Assert.DoesNotContain(lab.Rows.Values, r => r.State == ConflictState.Open);
    }

    [Fact]
    public void Create_WhoseWebhookOvertakesTheAnswer_IsAdoptedAndNotDuplicated()
    {
        var lab = Imported();
        var item = lab.Begin(W);
        lab.Clock = 105;
        lab.Observe(W, Obey(item, "w9", 104), ObservationSource.Webhook, null);
        Assert.Equal("w9", lab.Links[W].ExternalId);
        lab.Clock = 106;
        lab.Take(W, Reconciler.Settle(lab.Context(W), lab.Product, lab.Links[W], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = item.PushId,
            Result = PushResult.Applied,
            ExternalId = "w9",
            Bound = Bound(item, "w9"),
            Answer = Obey(item, "w9", 104),
            SentAt = lab.Now,
        }));
        Assert.Equal(3, lab.Product.Variants.Length);
        Assert.Equal(3, lab.Links[W].Variants.Length);
        Assert.False(lab.Plan(W).HasWork, string.Join(", ", lab.Plan(W).Delta.Select(d => d.Key)));
    }

    [Fact]
    public void Create_OfUnknownOutcome_IsReadFirstAndSaysThatItMayHaveHappened()
    {
        var lab = Imported();
        var item = lab.Begin(W);
        lab.Clock = 120;
        lab.Settle(W, item, PushResult.Unknown);
        var plan = lab.Plan(W);
        Assert.Equal(PushAction.Create, plan.Action);
        Assert.True(plan.ReadFirst);
        lab.Clock = 200;
        Assert.True(lab.Begin(W).MayHaveHappened);
    }

    [Fact]
    public void Create_AfterACrash_IsReadFirstOnceTheLeaseIsOver()
    {
        var lab = Imported();
        lab.Begin(W);
        Assert.Equal(WithheldReason.InFlight, lab.Plan(W).Withheld.Single().Reason);
        Assert.True(lab.Plan(W).HasWork);
        lab.Clock = 200;
        Assert.True(lab.Plan(W).ReadFirst);
        Assert.NotEmpty(lab.Plan(W).Delta);
    }

    [Theory]
    [InlineData(CreateMissing.None, false)]
    [InlineData(CreateMissing.Selected, false)]
    [InlineData(CreateMissing.All, true)]
    public void Create_DependsOnTheChannelsSetting(CreateMissing setting, bool creates)
    {
        var lab = Imported();
        lab.Profiles[W] = lab.Profiles[W] with { CreateMissing = setting };
        Assert.Equal(creates, !lab.Plan(W).IsEmpty);
        lab.Links[W] = lab.Links[W] with { Selected = true };
        Assert.Equal(setting != CreateMissing.None, !lab.Plan(W).IsEmpty);
    }

    [Fact]
    public void Create_RefusedForGood_IsParkedUntilSomethingChanges()
    {
        var lab = Imported();
        var item = lab.Begin(W);
        lab.Settle(W, item, PushResult.Rejected, null, null, new Rejection { Code = "no", Message = "No category." });
        Assert.Equal(WithheldReason.Parked, lab.Plan(W).Withheld.Single().Reason);
        Assert.Equal("No category.", lab.Plan(W).Withheld.Single().Detail);
        lab.Edit(Name, "Hemd");
        Assert.NotEmpty(lab.Plan(W).Delta);
    }

    [Fact]
    public void Create_RefusedForOneField_IsParkedAsAWhole()
    {
        var lab = Imported();
        var item = lab.Begin(W);
        lab.Settle(W, item, PushResult.Rejected, null, null, new Rejection { Key = Name, Code = "blank", Message = "No name." });
        Assert.Empty(lab.Plan(W).Delta);
        Assert.Equal("No name.", lab.Plan(W).Withheld.Single().Detail);
        lab.Links[W] = Reconciler.Unpark(lab.Links[W]);
        Assert.NotEmpty(lab.Plan(W).Delta);
    }

    [Fact]
    public void FirstContact_EqualValuesBind_DifferentOnesWaitForOneDecision()
    {
        var lab = Imported();
        lab.Clock = 5000;
        lab.Observe(W, Product("w1", 4900, "Shirt!", Variant("w1-a", "SH-A", "10", "S"), Variant("w1-b", "SH-B", "99", "M")), ObservationSource.Import, 5000);
        Assert.Equal("Shirt", lab.Value(Name));
        var plan = lab.Plan(W);
        Assert.Empty(plan.Delta);
        Assert.Equal(["exists@v3", "name", "price@v2#EUR", "sku@v1", "sku@v2"],
            plan.Withheld.Where(w => w.Reason == WithheldReason.Undecided).Select(w => w.Key.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(3, lab.Product.Variants.Length);

        var hub = lab.Links[W];
        lab.Take(W, Reconciler.DecideFirstContact(lab.Context(W), lab.Product, hub, OriginOf(S)));
        Assert.Equal("Shirt", lab.Value(Name));
        Assert.Equal("Shirt", lab.Planned(W, Name));
        Assert.Equal("11", lab.Planned(W, new RegisterKey("price", new VariantId(2), "EUR")));
        Assert.Equal("true", lab.Planned(W, new RegisterKey("exists", new VariantId(3))));
        Assert.Empty(lab.Plan(S).Delta);
    }

    [Fact]
    public void FirstContact_DecidedForTheNewChannel_ItsValuesStandEverywhere()
    {
        var lab = Imported();
        lab.Clock = 5000;
        lab.Observe(W, Product("w1", 40, "Shirt!", Variant("w1-a", "sh-a", "10", "S"), Variant("w1-b", "sh-b", "99", "M"), Variant("w1-c", "sh-c", "12", "L")),
            ObservationSource.Import, 5000);
        lab.Take(W, Reconciler.DecideFirstContact(lab.Context(W), lab.Product, lab.Links[W], OriginOf(W)));
        Assert.Equal("Shirt!", lab.Value(Name));
        Assert.Empty(lab.Plan(W).Delta);
        Assert.Equal("Shirt!", lab.Planned(S, Name));
        Assert.Equal("99", lab.Planned(S, new RegisterKey("price", new VariantId(2), "EUR")));
    }

    [Fact]
    public void ObserveMode_NothingIsEverPlanned_AndTheReasonSaysSo()
    {
        var lab = Linked2();
        lab.Profiles[W] = lab.Profiles[W] with { Mode = ChannelMode.Observe };
        lab.Clock = 1000;
        lab.Edit(Name, "Hemd");
        Assert.Empty(lab.Plan(W).Delta);
        Assert.Contains(lab.Plan(W).Withheld, w => w.Reason == WithheldReason.NotLive && w.Key == Name);
        Assert.False(lab.Plan(W).HasWork);
        Assert.Equal("Hemd", lab.Planned(S, Name));
    }

    [Fact]
    public void Variant_EditedAtOneShop_LeavesTheOthersUntouched()
    {
        var lab = Linked2();
        lab.Take(W, Reconciler.DecideFirstContact(lab.Context(W), lab.Product, lab.Links[W], OriginOf(S)));
        Settle(lab, W);
        lab.Clock = 1000;
        lab.Observe(S, Product("s1", 990, "Shirt", Variant("s1-a", "sh-a", "10", "S"), Variant("s1-b", "sh-b", "20", "M"), Variant("s1-c", "sh-c", "12", "L")),
            ObservationSource.Webhook, null);
        var delta = Assert.Single(lab.Plan(W).Delta);
        Assert.Equal("price@v2#EUR", delta.Key.ToString());
        Assert.Equal("20", delta.Target.Text);
        Assert.Equal("11", delta.Held!.Value.Text);
        Assert.Equal(3, lab.Plan(W).Target!.Variants.Length);
        Assert.Empty(lab.Plan(S).Delta);
    }

    private static void Settle(Lab lab, ChannelId id)
    {
        while (!lab.Plan(id).IsEmpty)
        {
            var item = lab.Begin(id);
            lab.Clock += 1;
            lab.Answer(id, item, Obey(item, lab.Links[id].ExternalId!, (long)lab.Clock));
        }
    }

    [Fact]
    public void Variant_AddedAtAShop_IsAddedToTheHubAndPlannedForTheOther()
    {
        var lab = Linked2();
        lab.Take(W, Reconciler.DecideFirstContact(lab.Context(W), lab.Product, lab.Links[W], OriginOf(S)));
        Settle(lab, W);
        lab.Clock = 1000;
        lab.Observe(S, Product("s1", 990, "Shirt", Variant("s1-a", "sh-a", "10", "S"), Variant("s1-b", "sh-b", "11", "M"), Variant("s1-c", "sh-c", "12", "L"),
            Variant("s1-d", "sh-d", "13", "XL")), ObservationSource.Webhook, null);
        Assert.Equal(4, lab.Product.LivingVariants().Count());
        Assert.Empty(lab.Plan(S).Delta);
        var keys = lab.Plan(W).Delta.Select(d => d.Key.ToString()).Order(StringComparer.Ordinal);
        Assert.Equal(["exists@v4", "price@v4#EUR", "sku@v4"], keys);

        var item = lab.Begin(W);
        lab.Clock = 1001;
        lab.Take(W, Reconciler.Settle(lab.Context(W), lab.Product, lab.Links[W], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = item.PushId,
            Result = PushResult.Applied,
            Bound = Bound(item, "w1"),
            Answer = Obey(item, "w1", 1001),
            SentAt = lab.Now,
        }));
        Assert.False(lab.Plan(W).HasWork, string.Join(", ", lab.Plan(W).Delta.Select(d => d.Key)));
        Assert.Equal(4, lab.Product.Variants.Length);
    }

    [Fact]
    public void Variant_MadeAnewWithAnotherId_IsTheSameVariantWithANewShadow()
    {
        var lab = Linked2();
        lab.Clock = 1000;
        lab.Observe(S, Product("s1", 990, "Shirt", Variant("s1-a", "sh-a", "10", "S"), Variant("s1-x", "SH-B", "30", "Medium"), Variant("s1-c", "sh-c", "12", "L")),
            ObservationSource.Webhook, null);
        Assert.Equal(3, lab.Product.Variants.Length);
        Assert.Contains(lab.Links[S].Variants, v => v.ExternalId == "s1-b" && v.Gone);
        Assert.Contains(lab.Links[S].Variants, v => v.ExternalId == "s1-x" && !v.Gone && v.Variant == new VariantId(2));
        // A new shadow: nothing is "changed now".
        Assert.Equal("11", lab.Value(new RegisterKey("price", new VariantId(2), "EUR")));
        Assert.Contains(lab.Plan(S).Withheld, w => w.Key == new RegisterKey("price", new VariantId(2), "EUR") && w.Reason == WithheldReason.Undecided);

        // A late body with the old id revives nothing.
        lab.Clock = 1010;
        lab.Observe(S, Product("s1", 980, "Shirt", Variant("s1-a", "sh-a", "10", "S"), Variant("s1-b", "sh-b", "11", "M"), Variant("s1-c", "sh-c", "12", "L")),
            ObservationSource.Webhook, null);
        Assert.Equal(3, lab.Product.Variants.Length);
        Assert.Contains(lab.Links[S].Variants, v => v.ExternalId == "s1-b" && v.Gone);
    }

    [Fact]
    public void Variant_MissingFromAnIncompleteBody_IsNotRemoved()
    {
        var lab = Linked2();
        lab.Clock = 1000;
        lab.Observe(S, Product("s1", 990, "Shirt", Variant("s1-a", "sh-a", "10", "S")) with { VariantsComplete = false }, ObservationSource.Webhook, null);
        Assert.DoesNotContain(lab.Links[S].Variants, v => v.Gone);
        Assert.Equal(3, lab.Product.LivingVariants().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Variant_RemovedAtAShop_SpreadsOnlyByPolicy_AndIsNotMadeAgainThere(bool spreads)
    {
        var lab = Linked2();
        lab.Policy = TenantPolicy.Default with { SpreadDeletes = spreads };
        lab.Take(W, Reconciler.DecideFirstContact(lab.Context(W), lab.Product, lab.Links[W], OriginOf(S)));
        Settle(lab, W);
        lab.Clock = 1000;
        lab.Observe(S, Product("s1", 990, "Shirt", Variant("s1-a", "sh-a", "10", "S"), Variant("s1-c", "sh-c", "12", "L")), ObservationSource.Webhook, null);
        Assert.Equal(spreads ? 2 : 3, lab.Product.LivingVariants().Count());
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Equal(spreads ? "false" : null, lab.Planned(W, new RegisterKey("exists", new VariantId(2))));
    }

    [Fact]
    public void HubEdit_OfANewVariantNumber_MakesTheVariant_AndATombstoneStaysOne()
    {
        var lab = Linked2();
        lab.Clock = 1000;
        lab.Edit(new RegisterKey("sku", new VariantId(4)), "sh-d");
        Assert.Equal(4, lab.Product.LivingVariants().Count());
        lab.Edit(new RegisterKey("exists", new VariantId(4)), "false");
        Assert.Equal(3, lab.Product.LivingVariants().Count());
        var refused = Assert.Single(lab.Edit(new RegisterKey("sku", new VariantId(4)), "again").Refused);
        Assert.Contains("removed", refused.Message, StringComparison.Ordinal);
        Assert.Equal("sh-d", lab.Product.Sku(new VariantId(4)));
    }

    [Fact]
    public void HubEdit_RemovingTheLastVariant_IsRefused()
    {
        var lab = Linked(("name", "n"), ("price", "1"));
        Assert.Single(lab.Edit(new RegisterKey("exists", V1), "false").Refused);
        Assert.Single(lab.Product.LivingVariants());
    }

    [Fact]
    public void Delete_HeardByWebhook_WaitsForARead_AndPushesNothing()
    {
        var lab = Linked2();
        lab.Clock = 1000;
        lab.Observe(W, Product("w1", 0, "") with { Deleted = true, Variants = [], VariantsComplete = false }, ObservationSource.Webhook, null);
        Assert.Equal(LinkStatus.DeleteHeard, lab.Links[W].Status);
        lab.Edit(Name, "Hemd");
        Assert.True(lab.Plan(W).ReadFirst);
        Assert.Empty(lab.Plan(W).Delta);

        // A body on its way proves nothing; a read that shows the product does.
        lab.Clock = 1001;
        lab.Observe(W, Product("w1", 999, "Shirt", Variant("w1-a", "sh-a", "10")), ObservationSource.Webhook, null);
        Assert.Equal(LinkStatus.DeleteHeard, lab.Links[W].Status);
        lab.Clock = 1002;
        lab.Observe(W, Product("w1", 60, "Shirt", Variant("w1-a", "SH-A", "10", "S"), Variant("w1-b", "SH-B", "11", "M"), Variant("w1-c", "SH-C", "12", "L")),
            ObservationSource.Read, 1002);
        Assert.Equal(LinkStatus.Linked, lab.Links[W].Status);
        Assert.Equal("Hemd", lab.Planned(W, Name));
    }

    [Fact]
    public void Delete_Confirmed_UnlinksAndIsNotMadeAgain_RestoredItFindsItsShadow()
    {
        var lab = Linked2();
        lab.Clock = 1000;
        lab.Observe(W, Product("w1", 0, "") with { Deleted = true, Variants = [], VariantsComplete = false }, ObservationSource.Read, 1000);
        Assert.Equal(LinkStatus.Deleted, lab.Links[W].Status);
        Assert.Equal(ProductLife.Active, lab.Product.Life);
        lab.Clock = 1100;
        lab.Edit(Name, "Hemd");
        Assert.Empty(lab.Plan(W).Delta);
        Assert.False(lab.Plan(W).HasWork);
        lab.Clock = 2000;
        lab.Observe(W, Product("w1", 1990, "Shirt", Variant("w1-a", "SH-A", "10", "S"), Variant("w1-b", "SH-B", "11", "M"), Variant("w1-c", "SH-C", "12", "L")),
            ObservationSource.Read, 2000);
        Assert.Equal(LinkStatus.Linked, lab.Links[W].Status);
        Assert.Equal("Hemd", lab.Value(Name));
        Assert.Equal("Hemd", lab.Planned(W, Name));
    }

    [Theory]
    [InlineData(false, false, ProductLife.Active)]
    [InlineData(true, false, ProductLife.Deleted)]
    [InlineData(true, true, ProductLife.Active)]
    public void Delete_SpreadsOnlyByPolicy_AndNotOverAnEditThatTheShopDidNotKnow(bool spreads, bool isEdited, ProductLife life)
    {
        var lab = Linked2();
        lab.Policy = TenantPolicy.Default with { SpreadDeletes = spreads };
        lab.Clock = 1000;
        if (isEdited)
        {
            lab.Edit(Name, "Hemd");
        }

        lab.Observe(W, Product("w1", 999, "") with { Deleted = true, Variants = [], VariantsComplete = false }, ObservationSource.Read, 1000);
        Assert.Equal(life, lab.Product.Life);
        Assert.Equal(isEdited, lab.Rows.Values.Any(r => r.Rule == MergeRule.DeletePolicy));
    }

    [Fact]
    public void PushToAnUnknownId_IsADeleteHeard()
    {
        var lab = Linked2();
        lab.Clock = 1000;
        lab.Edit(Name, "Hemd");
        var item = lab.Begin(W);
        lab.Settle(W, item, PushResult.Gone);
        Assert.Equal(LinkStatus.DeleteHeard, lab.Links[W].Status);
        Assert.True(lab.Plan(W).ReadFirst);
    }
}
