using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>The fifteen minimal histories of reconcile.md section 3, each of which broke a plain three-way merge.</summary>
public sealed class CounterexampleTests
{
    [Fact]
    public void C01_EchoOvertakesAnswer_WhileTheHubMovesOn_IsNoEdit()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Edit(Name, "1");
        var push = lab.Begin(W);
        lab.Clock = 1001;
        lab.Edit(Name, "2");
        lab.Clock = 1002;
        lab.Webhook(W, 1001, ("name", "1"));
        Assert.Equal("2", lab.Value(Name));
        lab.Answer(W, push, lab.Body(W, 1001, ("name", "1")));
        Assert.Equal("2", lab.Value(Name));
        Assert.Equal("2", lab.Planned(W, Name));
        Assert.DoesNotContain(lab.Log, l => l.Action == LogAction.Updated && l.Origin == OriginOf(W));
    }

    [Fact]
    public void C02_AnswerCarriesAnEditOfAnotherField_TheEditIsTaken()
    {
        var lab = Linked(("seoTitle", "0"), ("price", "0"));
        lab.Clock = 1000;
        lab.Edit(Price, "3");
        var push = lab.Begin(S);
        lab.Clock = 1003;
        lab.Answer(S, push, lab.Body(S, 1002, ("price", "3"), ("seoTitle", "2")), sentAt: 1001);
        Assert.Equal("2", lab.Value(Seo));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Equal("2", lab.Planned(W, Seo));
    }

    [Fact]
    public void C02b_AnswerCarriesANormalisedFieldThatWasNotPushed_NothingIsPushedAgain()
    {
        var lab = Linked(("name", "0"), ("seoTitle", "0"));
        lab.Clock = 1000;
        lab.Edit(Name, "a ");
        lab.Edit(Seo, "b ");
        var push = lab.Begin(S);
        lab.Answer(S, push, lab.Body(S, 1001, ("name", "a"), ("seoTitle", "b")));
        lab.Clock = 2000;
        lab.Edit(Name, "c ");
        push = lab.Begin(S);
        Assert.Single(push.Delta);
        lab.Answer(S, push, lab.Body(S, 2001, ("name", "c"), ("seoTitle", "b")));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Equal("b ", lab.Value(Seo));
    }

    [Fact]
    public void C03_NormalisedEchoBeforeTheAnswer_IsHeld()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        // A form that the connector does not know: '~' is dropped.
        lab.Edit(Name, "1~");
        var push = lab.Begin(W);
        lab.Clock = 1002;
        lab.Webhook(W, 1001, ("name", "1"));
        Assert.Equal("1~", lab.Value(Name));
        lab.Answer(W, push, lab.Body(W, 1001, ("name", "1")));
        var again = lab.Begin(W);
        lab.Clock = 1004;
        lab.Answer(W, again, lab.Body(W, 1003, ("name", "1")));
        Assert.Equal("1~", lab.Value(Name));
        Assert.Empty(lab.Plan(W).Delta);
    }

    [Fact]
    public void C04_LateExecutionOfATimedOutPush_IsPushedOver()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Edit(Name, "1");
        var first = lab.Begin(W);
        lab.Clock = 1010;
        lab.Settle(W, first, PushResult.Unknown);
        lab.Edit(Name, "2");
        lab.Read(W, -1000, 1010, ("name", "0"));
        var second = lab.Begin(W);
        lab.Answer(W, second, lab.Body(W, 1011, ("name", "2")));
        lab.Clock = 1020;
        lab.Webhook(W, 1015, ("name", "1"));
        Assert.Equal("2", lab.Value(Name));
        Assert.Equal("2", lab.Planned(W, Name));
        Assert.Empty(lab.Plan(S).Delta.Where(d => d.Target.Text == "1"));
    }

    [Fact]
    public void C05_AnswerWithoutObject_IsNotTrustedWithAVersion()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Webhook(S, 990, ("name", "0"));
        lab.Edit(Name, "3");
        var push = lab.Begin(S);
        lab.Clock = 1002;
        lab.Answer(S, push, null);
        Assert.True(lab.Plan(S).ReadFirst);
        lab.Clock = 1003;
        lab.Webhook(S, 1000, ("name", "0"));
        Assert.Equal("3", lab.Value(Name));
        lab.Clock = 1004;
        lab.Read(S, 1002, ("name", "3"));
        Assert.Equal("3", lab.Value(Name));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.False(lab.Plan(S).ReadFirst);
    }

    [Fact]
    public void C06_AnotherWritersValueInTheAnswer_IsAskedOnceMoreAndKept()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Edit(Name, "2");
        var push = lab.Begin(W);
        lab.Clock = 1001;
        lab.Answer(W, push, lab.Body(W, 1001, ("name", "3")), sentAt: 1000);
        Assert.Equal("2", lab.Planned(W, Name));
        var again = lab.Begin(W);
        lab.Clock = 1003;
        lab.Answer(W, again, lab.Body(W, 1002, ("name", "2")), sentAt: 1002);
        Assert.True(lab.Value(Name) == "3" || lab.HasRowFor("3"), $"value {lab.Value(Name)}, rows {lab.Rows.Count}");
        Assert.Equal("3", lab.Planned(W, Name));
    }

    [Fact]
    public void C07_StaleBodyWithAnUnseenEdit_IsAnEditAsOfItsVersion()
    {
        var lab = Linked(("price", "0"), ("name", "n"));
        lab.Clock = 1002;
        lab.Edit(Price, "3");
        var push = lab.Begin(S);
        lab.Clock = 1003;
        lab.Answer(S, push, lab.Body(S, 1003, ("price", "3"), ("name", "n")));
        lab.Clock = 1030;
        lab.Webhook(S, 1000, ("price", "1"), ("name", "n"));
        Assert.Equal("1", lab.Value(Price));
        Assert.True(lab.HasRowFor("3"));
        Assert.Equal("1", lab.Planned(S, Price));
    }

    [Fact]
    public void C08_TwoValuesInOneSecond_TheUnseenOneIsKept()
    {
        var lab = Linked(("price", "0"));
        lab.Clock = 1010;
        lab.Edit(Price, "1");
        var push = lab.Begin(S);
        lab.Clock = 1011;
        lab.Answer(S, push, lab.Body(S, 1011, ("price", "1")));
        lab.Webhook(S, 1011, ("price", "2"));
        Assert.True(lab.Plan(S).ReadFirst);
        lab.Clock = 1013;
        lab.Read(S, 1011, ("price", "1"));
        Assert.True(lab.Value(Price) == "2" || lab.HasRowFor("2"));
        Assert.False(lab.Plan(S).ReadFirst);
    }

    [Fact]
    public void C09_ReadThatBeganBeforeTheEcho_DoesNotRestoreTheOldValue()
    {
        var lab = Linked(("name", "old"));
        lab.Clock = 1000;
        lab.Edit(Name, "new");
        lab.Begin(W);
        lab.Clock = 1020;
        var readBegan = lab.Clock;
        lab.Clock = 1022;
        lab.Webhook(W, 1021, ("name", "new"));
        lab.Clock = 1023;
        lab.Read(W, -1000, readBegan, ("name", "old"));
        Assert.Equal("new", lab.Value(Name));
        Assert.Equal("new", lab.HeldAt(W, Name));
    }

    [Fact]
    public void C10_ScriptAfterAnOverride_DoesNotRaiseTheDeadValue()
    {
        var lab = Linked(("price", "0"));
        lab.Clock = 1000;
        lab.Webhook(W, 1000, ("price", "2"));
        lab.Clock = 1060;
        lab.Edit(Price, "3", force: true);
        lab.Clock = 1120;
        lab.Edit(Price, "4");
        Assert.Equal("4", lab.Value(Price));
    }

    [Fact]
    public void C11_SlowClock_AnEditOnTopIsLater()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Edit(Name, "1");
        var push = lab.Begin(W);
        lab.Answer(W, push, lab.Body(W, 400, ("name", "1")));
        lab.Clock = 1100;
        lab.Webhook(W, 500, ("name", "2"));
        Assert.Equal("2", lab.Value(Name));
    }

    [Fact]
    public void C12_EditHeardAfterAnOutage_IsRecordedWhateverTheDistance()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1600;
        lab.Edit(Name, "hub");
        lab.Clock = 2200;
        lab.Webhook(W, 1000, ("name", "shop"));
        Assert.Equal("hub", lab.Value(Name));
        Assert.True(lab.HasRowFor("shop"));
    }

    [Fact]
    public void C13_BumpedVersion_GivesTheSameVerdictInEveryOrder()
    {
        var first = Linked(("name", "0"));
        first.Clock = 1301;
        first.Edit(Name, "2");
        first.Clock = 1400;
        first.Webhook(W, 1290, ("name", "1"));
        first.Webhook(W, 1302, ("name", "1"));

        var second = Linked(("name", "0"));
        second.Clock = 1301;
        second.Edit(Name, "2");
        second.Clock = 1400;
        second.Webhook(W, 1302, ("name", "1"));
        Assert.True(second.HasRowFor("2"));
        second.Webhook(W, 1290, ("name", "1"));

        Assert.Equal("2", first.Value(Name));
        Assert.Equal("2", second.Value(Name));
        Assert.True(second.HasRowFor("1"));
    }

    [Fact]
    public void C14_TwoEditsInOneSecondOfAFastClock_KeepTheirOrder()
    {
        var lab = Linked(("name", "0"));
        lab.Clock = 1000;
        lab.Webhook(S, 1602, ("name", "3"));
        lab.Clock = 1005;
        lab.Webhook(S, 1601, ("name", "2"));
        Assert.Equal("3", lab.Value(Name));
        Assert.Equal("3", lab.HeldAt(S, Name));
    }

    [Fact]
    public void C15_SaleBetweenTwoPollsOfTheWarehouse_IsNotPutBack()
    {
        var count = new RegisterKey("available", V1, ObservedStock.WholeChannel);
        var lab = new Lab { Policy = TenantPolicy.Default with { StockOrigin = "J" } };
        lab.Add(S, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Add(W, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        foreach (var id in new[] { J, S, W })
        {
            lab.Read(id, -1000, ("name", "n"), ("stock", "20"));
        }

        lab.Clock = 1000;
        lab.Webhook(S, 999, ("name", "n"), ("stock", "19"));
        // The warehouse is polled and does not know of the order yet.
        lab.Clock = 1020;
        lab.Read(J, -1000, ("name", "n"), ("stock", "20"));
        Assert.Null(lab.Planned(S, count));
        Assert.Equal("19", lab.Planned(W, count));
        var item = lab.Begin(W);
        lab.Answer(W, item, lab.Body(W, 1021, ("name", "n"), ("stock", "19")));
        // Now it does.
        lab.Clock = 1140;
        lab.Read(J, 1100, ("name", "n"), ("stock", "19"));
        Assert.Empty(lab.Product.Stock.Reservations);
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Empty(lab.Plan(W).Delta);
    }
}
