using System.Collections.Immutable;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>Hub edits, the conflict window on paper (reconcile.md section 5), conflicts and their resolutions, lists, overrides.</summary>
public sealed class EditTests
{
    [Theory]
    // price: shop at 0:00, hub later.
    [InlineData("price", 0, 240, false, "shop")]
    [InlineData("price", 0, 240, true, "hub")]
    [InlineData("price", 0, 300, false, "shop")]
    [InlineData("price", 0, 301, false, "hub")]
    // name: the last write wins.
    [InlineData("name", 0, 240, false, "hub")]
    public void HubAfterShop_ByTheWindow(string field, int shopAt, int hubAt, bool saw, string winner)
    {
        var lab = Linked((field, "0"));
        lab.Clock = shopAt + 1;
        lab.Webhook(S, shopAt, (field, field == "price" ? "1" : "shop"));
        lab.Clock = hubAt;
        var key = field == "price" ? Price : Name;
        var decision = lab.Edit(key, field == "price" ? "2" : "hub", saw ? lab.Product.Version : null);
        var (shop, hub) = field == "price" ? ("1", "2") : ("shop", "hub");
        Assert.Equal(winner == "hub" ? hub : shop, lab.Value(key));
        Assert.Equal(winner == "hub", decision.Refused.IsEmpty);
        if (hubAt - shopAt <= 300)
        {
            var row = Assert.Single(lab.Rows.Values);
            Assert.Equal(saw ? ConflictState.Resolved : ConflictState.Open, row.State);
            Assert.Equal(winner == "hub" ? shop : hub, row.LoserValue.Text);
        }
        else
        {
            Assert.Empty(lab.Rows);
        }

        if (winner == "shop")
        {
            var refusal = Assert.Single(decision.Refused);
            Assert.Equal(MergeRule.PreferredInWindow, refusal.Rule);
            Assert.Equal(OriginOf(S), refusal.Winner);
            Assert.Contains(refusal.ConflictId!, lab.Rows.Keys);
            Assert.Contains("force", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(240)]
    [InlineData(4000)]
    public void ShopAfterHub_TheShopWins(int shopAt)
    {
        var lab = Linked(("price", "0"));
        lab.Clock = 1;
        lab.Edit(Price, "1");
        lab.Clock = shopAt + 1;
        lab.Webhook(S, shopAt, ("price", "2"));
        Assert.Equal("2", lab.Value(Price));
    }

    [Fact]
    public void TwoShopsInTheWindow_TheLaterWins()
    {
        var lab = Linked(("price", "0"));
        lab.Clock = 200;
        lab.Webhook(S, 0, ("price", "1"));
        lab.Webhook(W, 180, ("price", "2"));
        Assert.Equal("2", lab.Value(Price));
        Assert.True(lab.HasRowFor("1"));
    }

    [Fact]
    public void ScriptEdit_WithoutVersion_OutsideTheWindow_IsNewer()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        Assert.Equal([Name], lab.Edit(Name, "1").Accepted.AsEnumerable());
        Assert.Equal("1", lab.Planned(S, Name));
        Assert.Equal("1", lab.Planned(W, Name));
        Assert.Equal(Origin.Hub, lab.Product.LastUpdatedBy);
    }

    [Fact]
    public void EditOfTheSameValue_ChangesNothing()
    {
        var lab = Linked(("name", "0"));
        var before = lab.Product;
        lab.Clock = 1000;
        lab.Edit(Name, "0");
        Assert.Same(before, lab.Product);
    }

    [Fact]
    public void EditWithAnOldVersion_IsRecordedAgainstTheEditBefore()
    {
        var lab = Linked(("name", "0"));
        var seen = lab.Product.Version;
        lab.Clock = 1000;
        lab.Edit(Name, "ada", seen);
        lab.Clock = 2000;
        lab.Edit(Name, "bob", seen);
        Assert.Equal("bob", lab.Value(Name));
        Assert.True(lab.HasRowFor("ada"));
    }

    private static Lab Conflicting()
    {
        var lab = Linked(("price", "0"), ("name", "n"));
        lab.Clock = 10;
        lab.Webhook(S, 9, ("price", "1"), ("name", "n"));
        lab.Clock = 100;
        lab.Edit(Price, "2");
        Assert.Single(lab.Product.Conflicts);
        return lab;
    }

    [Theory]
    [InlineData(ResolutionKind.AcceptLocal, "2")]
    [InlineData(ResolutionKind.AcceptRemote, "1")]
    [InlineData(ResolutionKind.Merge, "3")]
    public void Resolve_EachWay_SetsTheValueAndClosesTheRow(ResolutionKind kind, string value)
    {
        var lab = Conflicting();
        lab.Clock = 200;
        lab.Take(Reconciler.Resolve(lab.Now, lab.Policy, lab.Product, new ConflictResolution
        {
            Kind = kind,
            Actor = "ada",
            Merge = kind == ResolutionKind.Merge
                ? ImmutableDictionary<RegisterKey, FieldValue>.Empty.Add(Price, new FieldValue("3"))
                : ImmutableDictionary<RegisterKey, FieldValue>.Empty,
        }));
        Assert.Equal(value, lab.Value(Price));
        Assert.Empty(lab.Product.Conflicts);
        var original = lab.Rows.Values.First(r => r.LoserValue.Text == "2");
        Assert.Equal(ConflictState.Resolved, original.State);
        Assert.Equal("ada", original.ResolvedBy);
        Assert.All(lab.Rows.Values, r => Assert.Equal(ConflictState.Resolved, r.State));
    }

    [Fact]
    public void Resolve_RemoteOfSeveral_WantsAName()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Edit(Name, "hub");
        lab.Clock = 1010;
        lab.Webhook(S, 900, ("name", "s"));
        lab.Webhook(W, 910, ("name", "w"));
        Assert.Equal(2, lab.Product.Conflicts.Length);
        var refused = lab.Take(Reconciler.Resolve(lab.Now, lab.Policy, lab.Product, new ConflictResolution { Kind = ResolutionKind.AcceptRemote, Actor = "ada" }));
        Assert.Contains("S, W", Assert.Single(refused.Refused).Message, StringComparison.Ordinal);
        Assert.Equal(2, lab.Product.Conflicts.Length);
        lab.Take(Reconciler.Resolve(lab.Now, lab.Policy, lab.Product, new ConflictResolution { Kind = ResolutionKind.AcceptRemote, Actor = "ada", Origin = "S" }));
        Assert.Equal("s", lab.Value(Name));
        Assert.Empty(lab.Product.Conflicts);
    }

    [Fact]
    public void Row_OfOneLoser_IsWrittenOnceHoweverOftenItIsDelivered()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Edit(Name, "hub");
        lab.Clock = 1010;
        for (var i = 0; i < 3; i++)
        {
            lab.Webhook(W, 900, ("name", "w"));
        }

        Assert.Single(lab.Rows);
        Assert.Single(lab.Log, l => l.Action == LogAction.Conflict);
    }

    [Fact]
    public void Tags_AddedAtThreePlaces_AllStay()
    {
        var lab = Linked(("tags", "a"), ("name", "n"));
        lab.Clock = 1000;
        lab.Webhook(S, 990, ("tags", "a,s"));
        lab.Webhook(W, 995, ("tags", "A, w "));
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit
        {
            Actor = "ada",
            Fields = [new FieldEdit { Key = new RegisterKey("tags"), Elements = [.. lab.Product.SetElements("tags"), "Hub"] }],
        }));
        Assert.Equal(["a", "Hub", "s", "w"], lab.Product.SetElements("tags"));
        Assert.Equal(["tags#hub", "tags#w"], lab.Plan(S).Delta.Select(d => d.Key.ToString()));
        Assert.Equal(["a", "Hub", "s", "w"], lab.Plan(S).Target!.Sets["tags"]);
    }

    [Fact]
    public void Tags_RemovedAtOnePlace_GoEverywhere_ButOnlyIfTheyWereThere()
    {
        var lab = Linked(("tags", "a,b"));
        lab.Clock = 1000;
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit
        {
            Actor = "ada",
            Fields = [new FieldEdit { Key = new RegisterKey("tags"), Elements = ["a", "b", "new"] }],
        }));
        lab.Clock = 1010;
        // S never had "new": a body without it removes only b.
        lab.Webhook(S, 1005, ("tags", "a"));
        Assert.Equal(["a", "new"], lab.Product.SetElements("tags"));
        Assert.Equal("new", lab.Planned(S, new RegisterKey("tags", null, "new")));
        Assert.Null(lab.Plan(W).Delta.First(d => d.Key.Part == "b").Target.Text);
    }

    [Fact]
    public void Override_IsWhatTheChannelGets_AndWhatItsEditsClaim()
    {
        var lab = Linked(("name", "long"));
        lab.Clock = 1000;
        lab.Edit(Name with { Scope = W }, "short");
        Assert.Equal("short", lab.Planned(W, Name));
        Assert.Empty(lab.Plan(S).Delta);
        var item = lab.Begin(W);
        lab.Answer(W, item, lab.Body(W, 1001, ("name", "short")));
        Assert.Empty(lab.Plan(W).Delta);
        lab.Clock = 2000;
        lab.Webhook(W, 1999, ("name", "shorter"));
        Assert.Equal("long", lab.Value(Name));
        Assert.Equal("shorter", lab.Value(Name with { Scope = W }));
        Assert.Empty(lab.Plan(W).Delta);
        Assert.Empty(lab.Plan(S).Delta);
        lab.Clock = 3000;
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit
        {
            Actor = "ada",
            Fields = [new FieldEdit { Key = Name with { Scope = W }, ClearOverride = true }],
        }));
        Assert.Equal("long", lab.Planned(W, Name));
    }

    [Fact]
    public void StalePriceBody_DoesNotUndoTheHubsTitle()
    {
        var lab = Linked(("name", "old"), ("price", "1"));
        lab.Clock = 1000;
        lab.Edit(Name, "new");
        lab.Clock = 1001;
        lab.Webhook(S, 1000, ("name", "old"), ("price", "2"));
        Assert.Equal("new", lab.Value(Name));
        Assert.Equal("2", lab.Value(Price));
        Assert.Equal("new", lab.Planned(S, Name));
        Assert.Null(lab.Planned(S, Price));
    }

    [Fact]
    public void WhatAPlanDoesNotName_StaysIdentical()
    {
        var lab = Linked(("name", "n"), ("price", "1"), ("seoTitle", "s"), ("tags", "a,b"), ("weight", "3"));
        lab.Clock = 1000;
        lab.Edit(Name, "m");
        var before = lab.Links[S];
        var product = lab.Product;
        var item = lab.Begin(S);
        Assert.Equal([Name], item.Delta.Select(d => d.Key));
        lab.Answer(S, item, lab.Body(S, 1001, ("name", "m"), ("price", "1"), ("seoTitle", "s"), ("tags", "a,b"), ("weight", "3")));
        Assert.Same(product, lab.Product);
        foreach (var (key, held) in before.Registers)
        {
            if (key != Name)
            {
                Assert.Equal(held.Last?.Value, lab.Links[S].Registers[key].Last?.Value);
                Assert.Empty(lab.Links[S].Registers[key].Intents);
            }
        }
    }

    [Fact]
    public void RefusedValue_ParksThatFieldOnly_UntilTheTargetOrTheRemoteChanges()
    {
        var lab = Linked(("name", "n"), ("price", "1"));
        lab.Clock = 1000;
        lab.Edit(Name, "bad");
        lab.Edit(Price, "2");
        var item = lab.Begin(S);
        lab.Settle(S, item, PushResult.Rejected, null, null, new Rejection { Key = Name, Code = "blank", Message = "Title is not good." });
        var plan = lab.Plan(S);
        Assert.Equal([Price], plan.Delta.Select(d => d.Key));
        Assert.Equal("Title is not good.", plan.Withheld.Single(w => w.Reason == WithheldReason.Parked).Detail);
        Assert.Equal(SyncStatus.Error, SyncStatuses.Of(lab.Links[S], plan));
        Assert.Equal("bad", lab.Planned(W, Name));
        lab.Clock = 1100;
        lab.Edit(Name, "better");
        Assert.Equal("better", lab.Planned(S, Name));
        Assert.Equal(0, lab.Links[S].Attempts);
    }

    [Fact]
    public void RefusalWithoutAField_IsNarrowedDownUntilTheCulpritIsParked()
    {
        var lab = Linked(("name", "n"), ("price", "1"), ("seoTitle", "s"), ("weight", "1"));
        lab.Clock = 1000;
        lab.Edit(Name, "m");
        lab.Edit(Price, "2");
        lab.Edit(Seo, "bad");
        lab.Edit(Weight, "2");
        var calls = 0;
        while (!lab.Plan(S).IsEmpty)
        {
            Assert.True(++calls < 20);
            lab.Clock++;
            var item = lab.Begin(S);
            if (item.Delta.Any(d => d.Key == Seo))
            {
                lab.Settle(S, item, PushResult.Rejected, null, null, new Rejection { Code = "no", Message = "Invalid." });
            }
            else
            {
                lab.Answer(S, item, lab.Body(S, (long)lab.Clock, [.. item.Delta.Select(d => (d.Key.Field, d.Target.Text))]));
            }
        }

        Assert.Equal([Seo], lab.Plan(S).Withheld.Where(w => w.Reason == WithheldReason.Parked).Select(w => w.Key!.Value));
        Assert.Equal("m", lab.HeldAt(S, Name));
        Assert.Equal("2", lab.HeldAt(S, Price));
        Assert.Equal("2", lab.HeldAt(S, Weight));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1.99", true)]
    [InlineData("2", false)]
    [InlineData("100", false)]
    public void Guard_HoldsAPriceThatFallsToZeroOrBelowAFifth(string price, bool isHeld)
    {
        var lab = Linked(("price", "10"), ("sku", "a-1"));
        lab.Clock = 1000;
        lab.Edit(Price, price);
        var plan = lab.Plan(S);
        Assert.Equal(isHeld, plan.Guard is not null);
        Assert.Equal(price, plan.Delta.Single().Target.Text);
        if (isHeld)
        {
            Assert.Equal($"The price of a-1 would fall from 10 to {price} EUR.", plan.Guard);
            Assert.False(plan.HasWork);
            lab.Links[S] = Reconciler.PassGuard(lab.Links[S], plan.Guard!);
            Assert.Null(lab.Plan(S).Guard);
        }
    }

    [Theory]
    [InlineData(1020, false)]
    [InlineData(1040, true)]
    public void ReadBeforeWrite_WhereTheChannelWasNotSeenLately(int now, bool readsFirst)
    {
        var lab = Linked(("name", "n"), ("seoTitle", "s"));
        lab.Profiles[S] = lab.Profiles[S] with { ReadBeforeWrite = true };
        lab.Clock = 1000;
        lab.Read(S, 900, ("name", "n"), ("seoTitle", "s"));
        lab.Clock = now;
        lab.Edit(Name, "m");
        Assert.Equal(readsFirst, lab.Plan(S).ReadFirst);
        lab.Edit(Name, "n");
        lab.Edit(Seo, "t");
        Assert.False(lab.Plan(S).ReadFirst);
    }

    [Fact]
    public void Backoff_DoublesFromOneSecondToTenMinutes_AndOutagesSpendNoAttempt()
    {
        var lab = Linked(("name", "n"));
        lab.Clock = 1000;
        lab.Edit(Name, "m");
        var waits = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            var item = lab.Begin(S);
            lab.Settle(S, item, PushResult.NotSent);
            waits.Add((lab.Links[S].NextAttemptAt!.Value - lab.Now).TotalSeconds);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600], waits);
        Assert.Equal(12, lab.Links[S].Attempts);
        Assert.Equal(SyncStatus.Error, SyncStatuses.Of(lab.Links[S], lab.Plan(S)));
        var last = lab.Begin(S);
        lab.Take(S, Reconciler.Settle(lab.Context(S), lab.Product, lab.Links[S], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = last.PushId,
            Result = PushResult.NotSent,
            IsChannelFault = true,
            SentAt = lab.Now,
        }));
        Assert.Equal(12, lab.Links[S].Attempts);
    }

    [Fact]
    public void RefusalOfAFieldThatWasNotPushed_EndsAllTheSame()
    {
        var lab = Linked(("name", "n"));
        lab.Clock = 1000;
        lab.Edit(Name, "m");
        var item = lab.Begin(S);
        lab.Settle(S, item, PushResult.Rejected, null, null, new Rejection { Key = Price, Code = "no", Message = "Price missing." });
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Equal(WithheldReason.Parked, Assert.Single(lab.Plan(S).Withheld).Reason);
    }

    [Fact]
    public void PartOfAPushThatFailed_WaitsAsAWholePushWould()
    {
        var lab = Linked(("name", "n"), ("price", "1"));
        lab.Clock = 1000;
        lab.Edit(Name, "m");
        lab.Edit(Price, "2");
        for (var i = 1; i <= 3; i++)
        {
            var item = lab.Begin(S);
            lab.Take(S, Reconciler.Settle(lab.Context(S), lab.Product, lab.Links[S], new PushOutcome
            {
                Product = lab.Product.Id,
                PushId = item.PushId,
                Result = PushResult.Applied,
                Answer = lab.Body(S, 1000 + i, ("name", "m"), ("price", "1")),
                Exceptions = ImmutableDictionary<RegisterKey, PushResult>.Empty.Add(Price, PushResult.NotSent),
                SentAt = lab.Now,
            }));
            Assert.Equal([Price], lab.Plan(S).Delta.Select(d => d.Key));
            Assert.Equal(i, lab.Links[S].Attempts);
            Assert.Equal(Math.Pow(2, i - 1), (lab.Links[S].NextAttemptAt!.Value - lab.Now).TotalSeconds);
        }
    }

    [Fact]
    public void WebhookWithoutTheProductsFields_DoesNotCountAsASightOfThem()
    {
        var lab = Linked(("name", "n"));
        lab.Profiles[S] = lab.Profiles[S] with { ReadBeforeWrite = true };
        lab.Clock = 1000;
        lab.Observe(S, lab.Body(S, 1000, ("stock", "3")) with { VariantsComplete = false }, ObservationSource.Webhook, null);
        lab.Edit(Name, "m");
        Assert.True(lab.Plan(S).ReadFirst);
        lab.Webhook(S, 1000, ("name", "n"));
        Assert.False(lab.Plan(S).ReadFirst);
    }

    [Fact]
    public void WebhookThatLacksAFieldOfItsMask_WantsARead()
    {
        var lab = Linked(("name", "n"), ("seoTitle", "s"));
        lab.Clock = 1000;
        lab.Webhook(S, 999, ("name", "n"));
        Assert.True(lab.Plan(S).ReadFirst);
        lab.Clock = 1001;
        lab.Read(S, 999, ("name", "n"), ("seoTitle", "t"));
        Assert.False(lab.Plan(S).ReadFirst);
        Assert.Equal("t", lab.Value(Seo));
    }

    [Fact]
    public void PriceWithoutCurrency_IsInTheTenantsOwn()
    {
        var lab = Linked(("price", "1"));
        lab.Clock = 1000;
        lab.Edit(new RegisterKey("price", V1), "2");
        Assert.Equal("2", lab.Value(Price));
    }

    [Fact]
    public void AnswerOfAnotherPush_IsOnlyAnObservation()
    {
        var lab = Linked(("name", "n"));
        lab.Clock = 1000;
        lab.Edit(Name, "m");
        var zombie = lab.Begin(S);
        lab.Clock = 1020;
        lab.Edit(Name, "o");
        var current = lab.Begin(S);
        Assert.True(current.MayHaveHappened);
        lab.Answer(S, zombie, lab.Body(S, 1019, ("name", "m")), sentAt: 1000);
        Assert.Equal(current.PushId, lab.Links[S].Flight?.PushId);
        Assert.Equal("o", lab.Value(Name));
        lab.Answer(S, current, lab.Body(S, 1021, ("name", "o")), sentAt: 1020);
        Assert.False(lab.Plan(S).HasWork);
    }

    [Fact]
    public void ChannelThatNeverKeepsAValue_IsAskedTwiceAndThenLeftInPeace()
    {
        var lab = Linked(("name", "n"));
        lab.Clock = 1000;
        lab.Edit(Name, "LOUD");
        for (var i = 0; i < 2; i++)
        {
            var item = lab.Begin(S);
            lab.Clock++;
            lab.Answer(S, item, lab.Body(S, (long)lab.Clock, ("name", "quiet")));
        }

        Assert.False(lab.Plan(S).HasWork);
        Assert.Equal("LOUD", lab.Value(Name));
        lab.Clock = 2000;
        lab.Webhook(S, 2000, ("name", "quiet"));
        Assert.Equal("LOUD", lab.Value(Name));
        Assert.False(lab.Plan(S).HasWork);
    }

    [Fact]
    public void Currencies_AreDifferentRegisters()
    {
        var lab = Linked(("price", "10"));
        lab.Profiles[W] = lab.Profiles[W] with { Currency = "CHF" };
        lab.Clock = 1000;
        lab.Edit(new RegisterKey("price", V1, "CHF"), "11");
        Assert.Equal("10", lab.Value(Price));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Equal("11", lab.Planned(W, new RegisterKey("price", V1, "CHF")));
    }

    [Fact]
    public void Explain_ShowsEveryClaimAndWhatEachChannelHolds()
    {
        var lab = Conflicting();
        var explanation = Explanations.Of(lab.Product, Price, [(lab.Profiles[S], lab.Links[S]), (lab.Profiles[W], lab.Links[W])]);
        Assert.Equal("1", explanation.Value!.Value.Text);
        Assert.Equal(OriginOf(S), explanation.Winner);
        Assert.Equal(2, explanation.Claims.Length);
        Assert.Equal(MergeRule.PreferredInWindow, explanation.Rule);
        Assert.True(explanation.Channels[0].IsClean);
        Assert.False(explanation.Channels[1].IsClean);
        Assert.NotEqual("", Rules.Describe(explanation.Rule!.Value));
    }

    [Fact]
    public void Rules_AllHaveASentence() => Assert.All(Enum.GetValues<MergeRule>(), r => Assert.EndsWith(".", Rules.Describe(r), StringComparison.Ordinal));

    [Fact]
    public void Delete_InTheHub_StopsPushes_AndUnpublishesWhereDeletesSpread()
    {
        var lab = Linked(("name", "n"), ("isActive", "true"));
        lab.Profiles[S] = lab.Profiles[S] with { Mask = lab.Profiles[S].Mask.Add("isActive") };
        lab.Clock = 1000;
        lab.Take(Reconciler.Delete(lab.Now, lab.Policy, lab.Product, "ada"));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Single(lab.Edit(Name, "m").Refused);
        lab.Policy = lab.Policy with { SpreadDeletes = true };
        Assert.Equal("false", lab.Planned(S, new RegisterKey("isActive")));
        lab.Take(Reconciler.Delete(lab.Now, lab.Policy, lab.Product, "ada", restore: true));
        Assert.Empty(lab.Plan(S).Delta);
    }
}
