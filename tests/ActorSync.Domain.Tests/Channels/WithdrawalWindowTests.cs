using ActorSync.Domain.Channels;

namespace ActorSync.Domain.Tests.Channels;

public sealed class WithdrawalWindowTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Admit_BeyondFivePercent_IsHeld()
    {
        var window = new WithdrawalWindow();
        Assert.Equal(10, window.Admit(Now, 10, 300));
        Assert.Equal(5, window.Admit(Now, 100, 300));
        Assert.Equal(0, window.Admit(Now, 1, 300));
    }

    [Fact]
    public void Admit_SmallCatalogue_MayLoseAFew()
    {
        var window = new WithdrawalWindow();
        Assert.Equal(WithdrawalWindow.AlwaysAllowed, window.Admit(Now, 20, 20));
    }

    [Fact]
    public void Admit_AfterTheSpan_CountsAfresh()
    {
        var window = new WithdrawalWindow();
        Assert.Equal(15, window.Admit(Now, 15, 300));
        Assert.Equal(0, window.Admit(Now + WithdrawalWindow.Span - TimeSpan.FromSeconds(1), 1, 300));
        Assert.Equal(15, window.Admit(Now + WithdrawalWindow.Span, 20, 300));
    }
}
