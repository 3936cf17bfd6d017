using ActorSync.Domain.Channels;

namespace ActorSync.Domain.Tests.Channels;

public sealed class CircuitTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(6, 30)]
    [InlineData(100, 30)]
    public void Fail_TimesInARow_PausesTwiceAsLongUpToTheLimit(int failures, int seconds)
    {
        var circuit = Circuit.Closed;
        for (var i = 0; i < failures; i++)
        {
            circuit = circuit.Fail(Now, unauthorised: false, retryAt: null);
        }

        Assert.Equal(Now + TimeSpan.FromSeconds(seconds), circuit.OpenUntil);
        Assert.True(circuit.IsOpen(Now));
        Assert.False(circuit.IsOpen(circuit.OpenUntil));
    }

    [Fact]
    public void Fail_ChannelNamesATime_ThatTimeIsKeptWhenLater()
    {
        var retryAt = Now + TimeSpan.FromMinutes(10);
        Assert.Equal(retryAt, Circuit.Closed.Fail(Now, unauthorised: false, retryAt).OpenUntil);
        Assert.Equal(Now + TimeSpan.FromSeconds(1), Circuit.Closed.Fail(Now, unauthorised: false, Now).OpenUntil);
    }

    [Fact]
    public void Fail_Unauthorised_RestsUntilAPersonMayHaveActed() =>
        Assert.Equal(Now + Circuit.UnauthorisedPause, Circuit.Closed.Fail(Now, unauthorised: true, retryAt: null).OpenUntil);
}
