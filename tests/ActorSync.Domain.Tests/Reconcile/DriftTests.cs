using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>What a fresh read says of drift, without a second merge: it only reads the decision.</summary>
public sealed class DriftTests
{
    [Fact]
    public void Read_NothingMoved_IsEqualInEveryField()
    {
        var lab = Linked();

        var drift = Look(lab, Lab.S, 10, ("name", "Lamp"), ("price", "10"));

        Assert.Equal((DriftKind.Equal, 2, 2, null), (drift.Kind, drift.FieldsChecked, drift.FieldsEqual, drift.ChangedAt));
    }

    [Fact]
    public void Read_MerchantChangedAndNobodyTold_IsTakenOver()
    {
        var lab = Linked();

        var drift = Look(lab, Lab.S, 10, ("name", "Lamp XL"), ("price", "10"));

        var field = Assert.Single(drift.Fields);
        Assert.Equal((DriftKind.Drifted, Lab.Name, "Lamp", "Lamp XL", DriftRepair.Taken), (drift.Kind, field.Key, field.Believed.Text, field.Found.Text, field.Repair));
        Assert.Equal(Lab.Version(10).Instant, drift.ChangedAt);
        Assert.Equal(2, drift.FieldsEqual);
    }

    [Fact]
    public void Read_ClockOfTheChannelIsOff_ChangedAtIsOnTheHubsClock()
    {
        var lab = Linked();
        lab.Clock = 100;

        var drift = Look(lab, Lab.S, 70, TimeSpan.FromSeconds(-20), ("name", "Lamp XL"), ("price", "10"));

        Assert.Equal(Lab.Version(90).Instant, drift.ChangedAt);
    }

    [Fact]
    public void Read_ChannelMayNotClaimTheField_IsPutBack()
    {
        var lab = new Lab { Clock = 0 };
        lab.Edit(Lab.Weight, "2");
        lab.Read(Lab.S, -100, ("name", "Lamp"), ("weight", "2"));
        lab.Clock = 20;

        var drift = Look(lab, Lab.S, 10, ("name", "Lamp"), ("weight", "3"));

        var field = Assert.Single(drift.Fields);
        Assert.Equal((Lab.Weight, DriftRepair.PutBack), (field.Key, field.Repair));
        Assert.Equal((2, 1), (drift.FieldsChecked, drift.FieldsEqual));
    }

    [Fact]
    public void Read_HubEditWaitsToBePushed_IsNoDriftAndNotEqual()
    {
        var lab = Linked();
        lab.Clock = 5;
        lab.Edit(Lab.Name, "Lamp of the hub");

        var drift = Look(lab, Lab.S, 0, ("name", "Lamp"), ("price", "10"));

        Assert.Equal((DriftKind.Equal, 2, 1), (drift.Kind, drift.FieldsChecked, drift.FieldsEqual));
    }

    [Fact]
    public void Read_OwnPushLandedAndItsAnswerWasLost_IsNoDrift()
    {
        var lab = Linked();
        lab.Clock = 5;
        lab.Edit(Lab.Name, "Lamp of the hub");
        var item = lab.Begin(Lab.S);
        lab.Settle(Lab.S, item, PushResult.Unknown);
        lab.Clock = 30;

        var drift = Look(lab, Lab.S, 10, ("name", "Lamp of the hub"), ("price", "10"));

        Assert.Equal(DriftKind.Equal, drift.Kind);
        Assert.True(drift.WasHeard);
    }

    [Fact]
    public void Read_UnknownProduct_IsImported()
    {
        var lab = new Lab { Clock = 0 };

        Assert.Equal(DriftKind.Imported, Look(lab, Lab.S, -10, ("name", "Lamp")).Kind);
    }

    [Fact]
    public void Read_Gone_IsDeletedOnce()
    {
        var lab = Linked();
        var gone = new ObservedProduct { ExternalId = "S-1", Version = Stamp.Zero, Deleted = true };

        Assert.Equal((DriftKind.Deleted, null), (Look(lab, Lab.S, gone, default).Kind, (DateTimeOffset?)null));
        Assert.Equal(DriftKind.Equal, Look(lab, Lab.S, gone, default).Kind);
    }

    [Fact]
    public void Read_VariantCameAndVariantWent_AreDrift()
    {
        var lab = Linked();
        lab.Clock = 20;
        var body = lab.Body(Lab.S, 10, ("name", "Lamp"), ("price", "10"));
        body = body with { Variants = [body.Variants[0] with { ExternalId = "S-v2" }] };

        var drift = Look(lab, Lab.S, body, default);

        Assert.Equal(2, drift.Fields.Count(field => field.Key.Field == Fields.Exists));
    }

    [Fact]
    public void Read_WholeBody_IsTheLastCheckAndAWebhookIsNot()
    {
        var lab = Linked();
        lab.Clock = 40;
        lab.Read(Lab.S, 10, ("name", "Lamp"), ("price", "10"));
        var at = lab.Links[Lab.S].VerifiedAt;
        lab.Clock = 60;
        lab.Webhook(Lab.S, 55, ("name", "Lamp"), ("price", "10"));

        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(Lab.Epoch + 40), at);
        Assert.Equal(at, lab.Links[Lab.S].VerifiedAt);
    }

    [Theory]
    [InlineData(DriftKind.Drifted, 300, false, null, true)]
    [InlineData(DriftKind.Imported, 300, false, null, true)]
    [InlineData(DriftKind.Equal, 300, false, null, false)]
    [InlineData(DriftKind.Drifted, 60, false, null, false)]
    [InlineData(DriftKind.Drifted, 300, true, null, false)]
    [InlineData(DriftKind.Drifted, 300, false, 10, false)]
    [InlineData(DriftKind.Drifted, 300, false, -60, true)]
    public void IsMissed_OldChangeThatNoDeliveryTold(DriftKind kind, int age, bool wasHeard, int? heardAfter, bool expected)
    {
        var now = DateTimeOffset.UnixEpoch.AddDays(1);
        var changed = now.AddSeconds(-age);
        var drift = new Drift { Kind = kind, ChangedAt = changed, WasHeard = wasHeard };

        Assert.Equal(expected, WebhookLoss.IsMissed(drift, now, WebhookLoss.DeliveryTime, heardAfter is { } s ? changed.AddSeconds(s) : null));
    }

    [Fact]
    public void Report_CountsByKindFieldAndRepair()
    {
        var drifted = new Drift
        {
            Kind = DriftKind.Drifted,
            FieldsChecked = 4,
            FieldsEqual = 3,
            Fields = [new DriftedField { Key = Lab.Name, Repair = DriftRepair.Taken }, new DriftedField { Key = Lab.Weight, Repair = DriftRepair.PutBack }],
        };

        var report = DriftReport.Empty.Add("1", drifted, isMissedWebhook: true).Add("2", new Drift { Kind = DriftKind.Equal, FieldsChecked = 4, FieldsEqual = 4 }, false).AddFailed();

        Assert.Equal((3, 1, 1, 1), (report.Checked, report.Equal, report.Drifted, report.Failed));
        Assert.Equal((1, 1, 1), (report.Taken, report.PutBack, report.MissedWebhooks));
        Assert.Equal(7.0 / 8, report.EqualShare);
        Assert.Equal(1, report.RepairedByField["name"]);
        Assert.True(Assert.Single(report.Examples).IsMissedWebhook);
        Assert.Null(WebhookLoss.Rate(0, 0));
        Assert.Equal(0.05, WebhookLoss.Rate(5, 95));
    }

    private static Lab Linked() => Lab.Linked(("name", "Lamp"), ("price", "10"));

    private static Drift Look(Lab lab, ChannelId channel, long version, params (string, string?)[] values) => Look(lab, channel, version, TimeSpan.Zero, values);

    private static Drift Look(Lab lab, ChannelId channel, long version, TimeSpan offset, params (string, string?)[] values) =>
        Look(lab, channel, lab.Body(channel, version, values), offset);

    private static Drift Look(Lab lab, ChannelId channel, ObservedProduct body, TimeSpan offset)
    {
        lab.Clock = Math.Max(lab.Clock, body.Version == Stamp.Zero ? 0 : body.Version.Seconds - Lab.Epoch);
        var (product, link) = (lab.Product, lab.Links[channel]);
        var seen = new Observation
        {
            Channel = channel,
            Body = body,
            Source = ObservationSource.Read,
            ReadStartedAt = lab.Now,
            ReceivedAt = lab.Now,
            ClockOffset = offset,
        };
        var decision = Reconciler.Observe(lab.Context(channel), product, link, seen);
        lab.Take(channel, decision);
        return Drift.Of(lab.Context(channel), product, link, decision, seen);
    }
}
