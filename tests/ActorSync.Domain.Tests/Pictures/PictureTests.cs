using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tests.Reconcile;

namespace ActorSync.Domain.Tests.Pictures;

public sealed class PictureTests
{
    private readonly PictureWorld world = new();

    private static string[] Bytes(PictureShop shop) => [.. shop.Pictures.Select(p => p.Bytes)];

    /// <summary>Both shops hold the pictures, known to be the same.</summary>
    private void Same(params string[] bytes)
    {
        foreach (var content in bytes)
        {
            world.S.Add(content, 1);
            world.W.Add(content, 1);
        }

        world.Read(Lab.S);
        world.Read(Lab.W);
        world.Decide(Lab.W, Lab.OriginOf(Lab.S));
        world.Settle();
        Assert.Empty(world.S.Uploads);
        Assert.Empty(world.W.Uploads);
    }

    [Fact]
    public void FirstContact_OfShopsWithTheSamePictures_UploadsNothing()
    {
        Same("a", "b");
        Assert.Equal(["a", "b"], world.HubBytes);
        Assert.Equal(2, world.Lab.Links[Lab.W].Media.Count(m => m.Key is not null));
        var fetched = world.Fetches;
        world.Settle();
        Assert.Equal(fetched, world.Fetches);
        Assert.Equal(4, fetched);
    }

    [Fact]
    public void FirstContact_WithoutADecision_ListsWhatDiffersAndUploadsNothing()
    {
        world.S.Add("a", 1);
        world.W.Add("x", 1);
        world.Read(Lab.S);
        world.Read(Lab.W);
        world.Settle();
        Assert.Equal(["x"], Bytes(world.W));
        Assert.Contains(world.Lab.Plan(Lab.W).Withheld, w => w.Reason == WithheldReason.Undecided);
        world.Decide(Lab.W, Lab.OriginOf(Lab.S));
        world.Settle();
        Assert.Equal(["a", "x"], Bytes(world.W).Order());
        Assert.Equal(["a"], Bytes(world.S));
    }

    [Theory]
    [InlineData("S", "a,b")]
    [InlineData("W", "a,x")]
    public void FirstContact_TheWinnersSetIsTheTarget_TheLosersExtraStaysAndDoesNotSpread(string winner, string hub)
    {
        world.S.Add("a", 1);
        world.S.Add("b", 1);
        world.W.Add("a", 1);
        world.W.Add("x", 1);
        world.Read(Lab.S);
        world.Read(Lab.W);
        world.Decide(Lab.W, Lab.OriginOf(new ChannelId(winner)));
        world.Settle();
        Assert.Equal(hub, string.Join(',', world.HubBytes.Order()));
        Assert.Equal(winner == "S" ? ["a", "b", "x"] : ["a", "x"], Bytes(world.W).Order());
        Assert.Equal(winner == "S" ? ["a", "b"] : ["a", "b", "x"], Bytes(world.S).Order());
    }

    [Fact]
    public void AddedAtOneShop_AppearsOnceAtTheOther_InItsPlace_AndGoesWithIt()
    {
        Same("a", "b");
        var added = world.S.Add("c", world.Now, at: 1);
        world.Send(Lab.S);
        world.Settle();
        Assert.Equal(["a", "c", "b"], Bytes(world.W));
        Assert.Equal(["a", "c", "b"], Bytes(world.S));
        world.S.Remove(added, world.Now);
        world.Send(Lab.S);
        world.Settle();
        Assert.Equal(["a", "b"], Bytes(world.W));
        Assert.Single(world.W.Uploads);
    }

    [Fact]
    public void RemovedWhereTheHubPutIt_IsGoneInTheHub_AndStaysWhereItCameFrom()
    {
        Same("a");
        world.S.Add("c", world.Now);
        world.Settle();
        world.W.Remove(world.W.Pictures.Single(p => p.Bytes == "c").Media, world.Now);
        world.Settle();
        Assert.Equal(["a"], world.HubBytes);
        Assert.Equal(["a"], Bytes(world.W));
        Assert.Equal(["a", "c"], Bytes(world.S));
        Assert.Contains(world.Lab.Plan(Lab.S).Withheld, w => w.Reason == WithheldReason.NotOurs);
    }

    [Fact]
    public void Reordered_IsTheSameEverywhere()
    {
        Same("a", "b", "c");
        world.W.Reorder(["W3", "W1", "W2"], world.Now);
        world.Send(Lab.W);
        world.Settle();
        Assert.Equal(["c", "a", "b"], Bytes(world.S));
        Assert.Equal(["c", "a", "b"], Bytes(world.W));
    }

    [Fact]
    public void TheSamePictureAddedAtBoth_BecomesOne()
    {
        Same("a");
        world.S.Add("c", world.Now);
        world.W.Add("c", world.Now);
        world.Settle();
        Assert.Equal(["a", "c"], Bytes(world.S));
        Assert.Equal(["a", "c"], Bytes(world.W));
        Assert.Equal(["a", "c"], world.HubBytes);
    }

    [Theory]
    [InlineData(PushEnd.LostAfter)]
    [InlineData(PushEnd.Crashed)]
    internal void LostAnswer_IsFoundByItsBytes_NotUploadedAgain(PushEnd end)
    {
        Same("a");
        world.S.Add("c", world.Now);
        world.Read(Lab.S);
        while (world.Lab.Plan(Lab.W).IsEmpty && world.Work(Lab.W))
        {
        }

        world.Push(Lab.W, end);
        Assert.Equal(["a", "c"], Bytes(world.W));
        world.Settle();
        Assert.Equal(["a", "c"], Bytes(world.W));
        Assert.True(world.Lab.Links[Lab.W].Media.Single(m => m.MediaId == "W2") is { Ours: false, MaybeOurs: true });
        Assert.Equal(["a", "c"], world.HubBytes);
    }

    [Fact]
    public void Unreachable_ParksOnlyItself_UntilSomeoneAsks()
    {
        Same("a");
        var bad = world.S.Add("c", world.Now);
        world.S.Add("d", world.Now);
        world.S.Unreachable.Add(world.S.Url(bad));
        world.Settle();
        Assert.Equal(["a", "d"], Bytes(world.W));
        var parked = Assert.Single(world.Lab.Plan(Lab.W).Withheld, w => w.Reason == WithheldReason.Parked);
        Assert.Contains(world.S.Url(bad), parked.Detail, StringComparison.Ordinal);
        world.S.Unreachable.Clear();
        world.Lab.Product = Reconciler.UnparkPictures(world.Lab.Product);
        world.Settle();
        Assert.Equal(["a", "c", "d"], Bytes(world.W));
    }

    [Fact]
    public void Processing_StaysOpenUntilReady_FailedParksThatPicture()
    {
        Same("a");
        world.S.NewStatus = MediaStatus.Processing;
        world.W.Add("c", world.Now);
        world.W.Add("d", world.Now);
        world.Read(Lab.W);
        for (var i = 0; i < 6; i++)
        {
            world.Work(Lab.S);
        }

        Assert.Equal(["a", "c", "d"], Bytes(world.S));
        Assert.True(world.Lab.Plan(Lab.S).HasWork);
        Assert.True(world.Lab.Plan(Lab.S).NotBefore > world.Lab.Now);
        world.S.NewStatus = MediaStatus.Ready;
        world.S.Fail = "d";
        world.Settle();
        Assert.False(world.Lab.Plan(Lab.S).HasWork);
        Assert.Single(world.Lab.Plan(Lab.S).Withheld, w => w.Reason == WithheldReason.Parked);
        Assert.Equal(["a", "c", "d"], world.HubBytes);
    }

    [Fact]
    public void HubEdit_AddsByAddress_KeepsByKeyOrAddress_AndRemovesOnlyOurs()
    {
        Same("a");
        Edit(new ImageEdit { Url = "https://hub/new.png", Alt = "n" }, new ImageEdit { Key = "i1" });
        Assert.Equal(["https://hub/new.png", "https://S/S1"], world.Lab.Product.Pictures().Select(i => i.Url));
        world.S.Files["https://hub/new.png"] = "n";
        world.Settle();
        Assert.Equal(["n", "a"], Bytes(world.S));
        Assert.Equal(["n", "a"], Bytes(world.W));
        Edit();
        world.Settle();
        Assert.Equal(["a"], Bytes(world.S));
        Assert.Equal(["a"], Bytes(world.W));
        Assert.Empty(world.Lab.Product.Pictures());
    }

    [Fact]
    public void Words_EditedAtAShop_ReachTheOther_WithoutAnUpload()
    {
        Same("a", "b");
        world.S.Describe("S1", "front", world.Now);
        world.Send(Lab.S);
        world.Settle();
        Assert.Equal("front", world.W.Alts["W1"]);
        world.W.Describe("W1", "front view", world.Now);
        world.Send(Lab.W);
        world.Settle();
        Assert.Equal(("front view", "front view"), (world.S.Alts["S1"], world.Lab.Product.AltOf(world.Lab.Product.Images["i1"])));
        world.S.Describe("S1", null, world.Now);
        world.Send(Lab.S);
        world.Settle();
        Assert.Equal("", world.W.Alts["W1"]);
        Assert.Empty(world.S.Uploads);
        Assert.Empty(world.W.Uploads);
        Assert.DoesNotContain(world.Lab.Product.Registers.Keys, key => key == new RegisterKey(Fields.ImageAlt, null, "i2"));
    }

    [Fact]
    public void Words_EditedInTheHub_GoToBothShops_AndWithAPictureThatIsNew()
    {
        Same("a");
        world.S.Files["https://hub/new.png"] = "n";
        Edit(new ImageEdit { Key = "i1", Alt = "front" }, new ImageEdit { Url = "https://hub/new.png", Alt = "back" });
        world.Settle();
        foreach (var shop in new[] { world.S, world.W })
        {
            Assert.Equal(["front", "back"], shop.Pictures.Select(p => shop.Alts[p.Media]));
        }

        var uploads = world.S.Uploads.Values.Sum() + world.W.Uploads.Values.Sum();
        Edit(new ImageEdit { Key = "i1" }, new ImageEdit { Key = "i2", Alt = "" });
        world.Settle();
        Assert.Equal(["front", ""], world.S.Pictures.Select(p => world.S.Alts[p.Media]));
        Assert.Equal(uploads, world.S.Uploads.Values.Sum() + world.W.Uploads.Values.Sum());
    }

    [Theory]
    [InlineData("S", "of S")]
    [InlineData("W", "of W")]
    public void FirstContact_TheWinnersWordsStand_ALackIsFilled(string winner, string words)
    {
        world.S.Describe(world.S.Add("a", 1), "of S", 1);
        world.S.Describe(world.S.Add("b", 1), "only S has words", 1);
        world.W.Describe(world.W.Add("a", 1), "of W", 1);
        world.W.Add("b", 1);
        world.Read(Lab.S);
        world.Read(Lab.W);
        world.Decide(Lab.W, Lab.OriginOf(new ChannelId(winner)));
        world.Settle();
        Assert.Equal((words, words), (world.S.Alts["S1"], world.W.Alts["W1"]));
        Assert.Equal("only S has words", world.W.Alts["W2"]);
    }

    private void Edit(params ImageEdit[] pictures) => world.Lab.Take(Reconciler.Edit(world.Lab.Now, world.Lab.Policy, world.Lab.Product, new HubEdit
    {
        Actor = "ada",
        Force = true,
        Fields = [new FieldEdit { Key = new RegisterKey(Fields.Images), Images = [.. pictures] }],
    }));

    [Fact]
    public void CreatedByUs_GetsThePicturesAfterwards()
    {
        world.S.Add("a", 1);
        world.Read(Lab.S);
        var item = world.Lab.Begin(Lab.W);
        Assert.Equal(PushAction.Create, item.Action);
        Assert.DoesNotContain(item.Delta, v => v.Key.Field == Fields.Images);
        world.Lab.Answer(Lab.W, item, world.W.Body());
        world.Settle();
        Assert.Equal(["a"], Bytes(world.W));
    }
}
