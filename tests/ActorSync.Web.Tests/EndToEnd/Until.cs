namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>Waits for a condition of the world, never for the clock; past the bound the test fails with what was last seen.</summary>
internal static class Until
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public static async Task<T> HoldsAsync<T>(Func<Task<T>> look, Func<T, bool> holds, string what, TimeSpan? bound = null, Func<string>? account = null, Func<Task<string>>? explain = null)
    {
        using var timer = new PeriodicTimer(Step);
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            string seen;
            try
            {
                var value = await look();
                if (holds(value))
                {
                    return value;
                }

                seen = value?.ToString() ?? "null";
            }
            catch (HttpRequestException failure)
            {
                seen = failure.Message;
            }

            if (TimeProvider.System.GetElapsedTime(start) > (bound ?? Bound))
            {
                Assert.Fail($"Not within {(bound ?? Bound).TotalSeconds} s: {what}. Last seen: {seen}{Environment.NewLine}{account?.Invoke()}{(explain is null ? "" : await explain())}");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    public static Task TrueAsync(Func<Task<bool>> holds, string what, TimeSpan? bound = null, Func<string>? account = null, Func<Task<string>>? explain = null) =>
        HoldsAsync(holds, held => held, what, bound, account, explain);
}
