using ActorSync.Channels.WooCommerce;

namespace ActorSync.Channels.Tests.WooCommerce;

public sealed class WooCursorTests
{
    [Fact]
    public void Next_PartOfAPage_OverlapsAndRemembersWhatWasTold()
    {
        var next = new PollCursor(1000, 1, []).Next([("1", 1005), ("2", 1010)], isFull: false);
        Assert.Equal(1008, next.After);
        Assert.Equal(["2@1010"], next.Told);
        Assert.Equal(next.ToString(), PollCursor.Parse(next.ToString()).ToString());
    }

    [Fact]
    public void Next_FullPagesInsideOneSecond_GoOnByPages()
    {
        var cursor = new PollCursor(1000, 1, []).Next([("1", 1010), ("2", 1010)], isFull: true);
        Assert.Equal((1008L, 1), (cursor.After, cursor.Page));
        cursor = cursor.Next([("1", 1010), ("2", 1010)], isFull: true);
        Assert.Equal((1008L, 2), (cursor.After, cursor.Page));
        cursor = cursor.Next([("3", 1010)], isFull: false);
        Assert.Equal((1008L, 1), (cursor.After, cursor.Page));
        Assert.Equal(3, cursor.Told.Count);
    }

    [Fact]
    public void Next_NothingNew_StaysWhereItIs() => Assert.Equal("1000|1|", new PollCursor(1000, 1, []).Next([], isFull: false).ToString());

    [Theory]
    [InlineData("x")]
    [InlineData("1|2")]
    [InlineData("1|0|")]
    public void Parse_SomethingElse_IsRefused(string text) => Assert.Throws<FormatException>(() => PollCursor.Parse(text));
}
