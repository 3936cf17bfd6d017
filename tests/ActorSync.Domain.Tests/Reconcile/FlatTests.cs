using System.Collections.Immutable;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>A warehouse that has one thing per SKU beside a shop whose product has two variants (docs/adr/0003-flat-channels.md).</summary>
public sealed class FlatTests
{
    private const string A = "MERC01AAAAA";
    private const string B = "MERC01BBBBB";
    private static readonly VariantId V2 = new(2);
    private static readonly RegisterKey Note = new("warehouseNotes");

    private static RegisterKey NoteOf(VariantId variant) => Note with { Variant = variant };

    /// <summary>A product of two variants in the hub; the warehouse is live and creates what it lacks.</summary>
    private static Lab TwoVariants()
    {
        var lab = new Lab();
        lab.Profiles[J] = lab.Profiles[J] with { IsFlat = true, Mask = ["sku", "weight", "warehouseNotes", "exists"], CreateOnly = ["name"], ReadBeforeWrite = true };
        lab.Observe(S, new ObservedProduct
        {
            ExternalId = "S-1",
            Version = Version(0),
            Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", new FieldValue("Shirt")),
            Options = ["Size"],
            Variants = [Sold("S-v1", "SKU-A", "S"), Sold("S-v2", "SKU-B", "M")],
            VariantsComplete = true,
        }, ObservationSource.Read, lab.Clock);
        return lab;
    }

    private static ObservedVariant Sold(string id, string sku, string size) => new()
    {
        ExternalId = id,
        Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("sku", new FieldValue(sku)),
        OptionValues = [size],
    };

    private static ObservedProduct Thing(string jfsku, string sku, long version, string? note, string name = "Shirt at JTL") => new()
    {
        ExternalId = jfsku,
        Version = Version(version),
        Variants =
        [
            new ObservedVariant
            {
                ExternalId = jfsku,
                Version = Version(version),
                Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("sku", new FieldValue(sku)).Add("name", new FieldValue(name)).Add("warehouseNotes", new FieldValue(note)),
            },
        ],
    };

    private static void See(Lab lab, ObservedProduct thing) => lab.Observe(J, thing, ObservationSource.Read, lab.Clock);

    private static Lab Linked(string? noteA = null, string? noteB = null)
    {
        var lab = TwoVariants();
        lab.Clock = 10;
        See(lab, Thing(A, "SKU-A", 5, noteA));
        See(lab, Thing(B, "SKU-B", 6, noteB));
        return lab;
    }

    [Fact]
    public void Observe_TwoThings_BindToTheirVariantsUnderOneHandle()
    {
        var lab = Linked();
        Assert.Equal(A, lab.Links[J].ExternalId);
        Assert.Equal([(V1, A), (V2, B)], lab.Links[J].Variants.Select(v => (v.Variant, v.ExternalId)));
        Assert.Equal(2, lab.Product.Variants.Length);
        Assert.Equal("Shirt", lab.Value(Lab.Name));
        Assert.Empty(lab.Plan(J).Delta);
    }

    [Fact]
    public void Observe_OneThingAgain_SaysNothingOfItsSibling()
    {
        var lab = Linked();
        lab.Clock = 100;
        See(lab, Thing(A, "SKU-A", 90, null));
        Assert.All(lab.Links[J].Variants, v => Assert.False(v.Gone));
        Assert.Equal(2, lab.Product.LivingVariants().Count());
    }

    [Fact]
    public void Edit_AtOneThing_ReachesTheSiblingAndThenRests()
    {
        var lab = Linked();
        lab.Clock = 1000;
        See(lab, Thing(A, "SKU-A", 999, "fragile"));
        Assert.Equal("fragile", lab.Value(Note));
        var planned = Assert.Single(lab.Plan(J).Delta);
        Assert.Equal((NoteOf(V2), "fragile"), (planned.Key, planned.Target.Text));
        lab.Clock = 1001;
        See(lab, Thing(B, "SKU-B", 1001, "fragile"));
        See(lab, Thing(A, "SKU-A", 999, "fragile"));
        Assert.Empty(lab.Plan(J).Delta);
    }

    [Fact]
    public void Edit_InTheHub_GoesToEveryThing()
    {
        var lab = Linked();
        lab.Clock = 1000;
        lab.Edit(Note, "heavy");
        Assert.Equal([NoteOf(V1), NoteOf(V2)], lab.Plan(J).Delta.Select(p => p.Key));
        Assert.All(lab.Plan(J).Target!.Variants, v => Assert.Equal("heavy", v.Fields["warehouseNotes"].Text));
        Assert.Equal("Shirt", lab.Plan(J).Target!.Variants[0].Fields["name"].Text);
        // The shop is told nothing of it.
        Assert.Empty(lab.Plan(S).Delta);
    }

    [Fact]
    public void Siblings_ThatDisagreeAtFirstContact_WaitForTheDecisionAndEndEqual()
    {
        var lab = Linked("first", "second");
        Assert.Equal("first", lab.Value(Note));
        Assert.True(lab.Links[J].Registers[NoteOf(V2)].Undecided);
        // However often both are read, nothing moves.
        for (var i = 0; i < 5; i++)
        {
            lab.Clock += 100;
            See(lab, Thing(A, "SKU-A", 5, "first"));
            See(lab, Thing(B, "SKU-B", 6, "second"));
        }

        Assert.Equal("first", lab.Value(Note));
        var decision = Reconciler.DecideFirstContact(lab.Context(J), lab.Product, lab.Links[J], Origin.Hub);
        lab.Take(J, decision);
        var planned = Assert.Single(lab.Plan(J).Delta);
        Assert.Equal((NoteOf(V2), "first"), (planned.Key, planned.Target.Text));
    }

    [Fact]
    public void Siblings_EditedApartOneAfterTheOther_EndEqualToTheLater()
    {
        var lab = Linked();
        lab.Clock = 1000;
        See(lab, Thing(A, "SKU-A", 990, "one"));
        See(lab, Thing(B, "SKU-B", 995, "two"));
        Assert.Equal("two", lab.Value(Note));
        Assert.Equal((NoteOf(V1), "two"), lab.Plan(J).Delta.Select(p => (p.Key, p.Target.Text!)).Single());
        lab.Clock = 2000;
        See(lab, Thing(A, "SKU-A", 1500, "two"));
        See(lab, Thing(B, "SKU-B", 995, "two"));
        Assert.Equal("two", lab.Value(Note));
        Assert.Empty(lab.Plan(J).Delta);
    }

    [Fact]
    public void Push_SettlesEachThingByItself()
    {
        var lab = Linked();
        lab.Clock = 1000;
        lab.Edit(Note, "heavy");
        var begun = Reconciler.Begin(lab.Context(J), lab.Product, lab.Links[J], lab.Plan(J), "push-1");
        lab.Links[J] = begun.Link;
        lab.Clock = 1002;
        lab.Take(J, Reconciler.Settle(lab.Context(J), lab.Product, lab.Links[J], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = "push-1",
            Result = PushResult.Applied,
            Exceptions = ImmutableDictionary<RegisterKey, PushResult>.Empty.Add(NoteOf(V2), PushResult.Gone),
            ExternalId = A,
            SentAt = lab.Now.AddSeconds(-1),
            Answer = Thing(A, "SKU-A", 1001, "heavy"),
        }));
        Assert.True(lab.Links[J].WantsRead);
        Assert.Equal("heavy", lab.Links[J].Registers[NoteOf(V1)].Last!.Value.Text);

        // The read shows what is gone; the product goes on with the other thing, and what is gone is not made again.
        lab.Clock = 1003;
        lab.Observe(J, new ObservedProduct { ExternalId = B, Version = Stamp.Zero, Deleted = true }, ObservationSource.Read, lab.Clock);
        See(lab, Thing(A, "SKU-A", 1001, "heavy"));
        Assert.Equal((LinkStatus.Linked, false), (lab.Links[J].Status, lab.Links[J].WantsRead));
        Assert.True(lab.Links[J].Variants.Single(v => v.ExternalId == B).Gone);
        Assert.Empty(lab.Plan(J).Delta);
    }

    [Fact]
    public void Delete_OfTheLastThing_IsTheProductsOwn()
    {
        var lab = Linked();
        lab.Clock = 100;
        foreach (var jfsku in new[] { A, B })
        {
            lab.Observe(J, new ObservedProduct { ExternalId = jfsku, Version = Stamp.Zero, Deleted = true }, ObservationSource.Read, lab.Clock);
        }

        Assert.Equal(LinkStatus.Deleted, lab.Links[J].Status);
        Assert.Equal(2, lab.Product.LivingVariants().Count());
    }

    [Theory]
    [InlineData(CreateMissing.All, true)]
    [InlineData(CreateMissing.None, false)]
    public void Sibling_ThatTheWarehouseLacks_IsMadeOnlyWhereTheChannelMayCreate(CreateMissing create, bool made)
    {
        var lab = TwoVariants();
        lab.Profiles[J] = lab.Profiles[J] with { CreateMissing = create };
        See(lab, Thing(A, "SKU-A", 0, null));
        var plan = lab.Plan(J);
        Assert.Equal(made, plan.Delta.Any(p => p.Key == new RegisterKey("sku", V2)));
        Assert.Equal(made, plan.Target?.Variants.Single(v => v.Id == V2).ExternalId is null && plan.Target is not null);
        Assert.False(plan.ReadFirst);
    }

    [Fact]
    public void Read_OfOneThing_AnswersNoQuestionAboutTheOther()
    {
        var lab = Linked();
        lab.Links[J] = lab.Links[J] with { WantsRead = true, WantsReadSince = lab.Now };
        lab.Clock = 20;
        See(lab, Thing(A, "SKU-A", 5, null));
        Assert.True(lab.Links[J].WantsRead);
        var reads = new[] { Thing(A, "SKU-A", 5, null), Thing(B, "SKU-B", 6, null) }.Select(body => new Observation
        {
            Channel = J,
            Body = body,
            Source = ObservationSource.Read,
            ReadStartedAt = lab.Now,
            ReceivedAt = lab.Now,
        }).ToList();
        var together = Assert.Single(FlatChannels.Together(A, reads));
        lab.Take(J, Reconciler.Observe(lab.Context(J), lab.Product, lab.Links[J], together));
        Assert.False(lab.Links[J].WantsRead);
    }

    [Fact]
    public void Name_IsTakenOnlyWhileTheHubHasNone()
    {
        var lab = new Lab();
        lab.Profiles[J] = lab.Profiles[J] with { IsFlat = true, Mask = ["sku", "warehouseNotes", "exists"], CreateOnly = ["name"] };
        See(lab, Thing(A, "SKU-A", 0, null, "As JTL calls it"));
        Assert.Equal("As JTL calls it", lab.Value(Lab.Name));
        lab.Clock = 1000;
        See(lab, Thing(A, "SKU-A", 900, null, "Renamed there"));
        Assert.Equal("As JTL calls it", lab.Value(Lab.Name));
        Assert.Empty(lab.Plan(J).Delta);
    }

    [Theory]
    [InlineData(A, "SKU-X", true)]
    [InlineData("MERC01CCCCC", "sku-b", true)]
    [InlineData("MERC01CCCCC", "SKU-A", false)]
    [InlineData("MERC01CCCCC", "SKU-X", false)]
    public void Belongs_ByLinkOrByTheSkuOfAVariantThatIsNotLinked(string jfsku, string sku, bool expected)
    {
        var lab = TwoVariants();
        See(lab, Thing(A, "SKU-A", 0, null));
        Assert.Equal(expected, FlatChannels.Belongs(lab.Product, lab.Links[J], Thing(jfsku, sku, 1, null)));
    }

    [Fact]
    public void Create_NoSku_IsExcludedWithItsReasonAndNoError()
    {
        var lab = new Lab();
        lab.Profiles[J] = lab.Profiles[J] with { IsFlat = true, Mask = ["sku", "warehouseNotes", "exists"], CreateOnly = ["name"], CreateMissing = CreateMissing.All };
        lab.Observe(S, new ObservedProduct
        {
            ExternalId = "S-1",
            Version = Version(0),
            Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", new FieldValue("Basket")),
            Options = ["Size"],
            Variants = [Sold("S-v1", "", "S"), Sold("S-v2", "SKU-B", "M")],
            VariantsComplete = true,
        }, ObservationSource.Read, lab.Clock);

        var plan = lab.Plan(J);

        Assert.Equal([V2], plan.Delta.Select(value => value.Key.Variant!.Value).Distinct());
        var withheld = Assert.Single(plan.Withheld);
        Assert.Equal((WithheldReason.Excluded, (VariantId?)V1), (withheld.Reason, withheld.Key!.Value.Variant));
        Assert.NotEqual(SyncStatus.Error, SyncStatuses.Of(lab.Links[J], plan));
    }

    [Fact]
    public void FirstContact_LiveShopIsEmptyWhereTheHubHasAValue_IsFilledWithoutAPerson()
    {
        var lab = TwoVariants();
        lab.Observe(W, new ObservedProduct
        {
            ExternalId = "W-1",
            Version = Version(20),
            Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", FieldValue.Empty),
        }, ObservationSource.Read, lab.Clock);

        var plan = lab.Plan(W);

        Assert.DoesNotContain(plan.Withheld, withheld => withheld.Reason == WithheldReason.Undecided);
        Assert.Contains(plan.Delta, value => value.Key == Lab.Name && value.Target.Text == "Shirt");
    }
}
