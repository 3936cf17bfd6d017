using System.Diagnostics;
using System.Globalization;
using System.Text;
using ActorSync.Web.Tests.EndToEnd;

namespace ActorSync.Web.Tests.Chaos;

/// <summary>
/// A cluster of real processes whose parts are killed, frozen and cut off while people work (complaints.md R1-R4, R6, R8, R9, R17). After each fault everything
/// that was acknowledged is in both shops, once. tests/chaos runs the same for as long as asked.
/// </summary>
[Collection(nameof(ChaosCollection))]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int PerDesk = 40;
    /// <summary>Faults of a run without a length.</summary>
    private const int ShortForm = 3;
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(3);

    private readonly StringBuilder table = new("| fault | edits | wrong | twice | deliveries taken | refused | taken and lost | in line again after |\n|---|---|---|---|---|---|---|---|\n");

    /// <summary>How long: ACTORSYNC_CHAOS_MINUTES, else the short form.</summary>
    private static TimeSpan? Length => Environment.GetEnvironmentVariable("ACTORSYNC_CHAOS_MINUTES") is { Length: > 0 } minutes
        ? TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)) : null;

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("ACTORSYNC_CHAOS_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 4711;

    [Fact(Explicit = true)]
    public async Task Cluster_PartsDieWhilePeopleWork_LosesNothingAndMakesNothingTwice()
    {
        Assert.SkipUnless(ClusterProcesses.HasPostgres, "No PostgreSQL: initdb and postgres are neither in PATH nor in /usr/lib/postgresql/*/bin.");
        await using var cluster = await ClusterProcesses.StartAsync();
        var merchants = new Merchants(cluster, Seed);
        await merchants.BeginAsync(PerDesk);
        using var deliveries = new Deliveries(cluster);
        var faults = Faults(cluster);
        var dice = new Random(Seed);
        var clock = Stopwatch.StartNew();
        var passed = true;
        for (var round = 0; Length is { } length ? clock.Elapsed < length : round < ShortForm; round++)
        {
            var fault = faults[Length is null ? round : dice.Next(faults.Count)];
            passed &= await RunAsync(cluster, merchants, deliveries, fault);
        }

        output.WriteLine(table.ToString());
        if (Environment.GetEnvironmentVariable("ACTORSYNC_CHAOS_TABLE") is { Length: > 0 } file)
        {
            await File.WriteAllTextAsync(file, table.ToString(), TestContext.Current.CancellationToken);
        }

        Assert.True(passed, table + cluster.Said);
    }

    /// <summary>Each: what happens, and whether deliveries may get lost by it that a shop never repeats, so that a scan has to find them.</summary>
    private static List<Fault> Faults(ClusterProcesses cluster) =>
    [
        new("a worker is killed", false, _ => cluster.KillAsync("worker1")),
        new("PostgreSQL is away for 10 s", true, async pause =>
        {
            await cluster.PostgresAsync("stop");
            await pause(TimeSpan.FromSeconds(10));
            await cluster.PostgresAsync("start");
        }),
        new("a worker is frozen for 20 s", false, async pause =>
        {
            await cluster.FreezeAsync("worker2");
            await pause(TimeSpan.FromSeconds(20));
            await cluster.ThawAsync("worker2");
        }),
        new("everything is killed at once", true, _ => Task.WhenAll(((string[])["worker1", "worker2", "webhooks", "web"]).Select(cluster.KillAsync))),
        new("the receiver is killed", true, _ => cluster.KillAsync("webhooks")),
        new("PostgreSQL restarts", true, _ => cluster.PostgresAsync("restart")),
        new("Shopify fails half of its calls for 10 s", false, async pause =>
        {
            await cluster.Shops.FaultsAsync(new { channel = SandboxClient.Shopify, errorRate = 0.3, failAfterEffectRate = 0.2 });
            await pause(TimeSpan.FromSeconds(10));
            await cluster.Shops.FaultsAsync(new { channel = SandboxClient.Shopify, errorRate = 0, failAfterEffectRate = 0 });
        }),
    ];

    private async Task<bool> RunAsync(ClusterProcesses cluster, Merchants merchants, Deliveries deliveries, Fault fault)
    {
        var before = merchants.Edits;
        using var closing = new CancellationTokenSource();
        var (taken, refused) = (deliveries.Acknowledged, deliveries.Refused);
        var work = Task.WhenAll(merchants.WorkAsync(closing.Token), deliveries.WorkAsync(closing.Token));
        await Until.TrueAsync(() => Task.FromResult(merchants.Edits >= before + 60), "people are at work");
        await merchants.CreateAsync(SandboxClient.Shopify);
        await merchants.CreateAsync(SandboxClient.Woo);
        var clock = Stopwatch.StartNew();
        await fault.Happen(PauseAsync);
        await Until.TrueAsync(() => Task.FromResult(merchants.Edits >= before + 200), "people go on working", TimeSpan.FromMinutes(3), () => cluster.Said);
        await closing.CancelAsync();
        await work;
        await cluster.ReadyAsync();
        if (fault.LosesDeliveries)
        {
            await ScanAsync(cluster, Workshop.ShopifyChannel);
            await ScanAsync(cluster, Workshop.WooChannel);
        }

        IReadOnlyList<string> wrong = [];
        var began = clock.Elapsed;
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        do
        {
            await look.WaitForNextTickAsync();
            wrong = await merchants.WrongAsync();
        }
        while (wrong.Count > 0 && clock.Elapsed - began < Settling);
        var twice = await merchants.DuplicatesAsync();
        var lost = await deliveries.LostAsync();
        table.AppendLine(CultureInfo.InvariantCulture, $"| {fault.Name} | {merchants.Edits - before} | {wrong.Count} | {twice.Count} | {deliveries.Acknowledged - taken} | {deliveries.Refused - refused} | {lost.Count} | {clock.Elapsed.TotalSeconds:N1} s |");
        foreach (var line in wrong.Concat(twice).Concat(lost))
        {
            output.WriteLine($"{fault.Name}: {line}");
        }

        return wrong.Count == 0 && twice.Count == 0 && lost.Count == 0;
    }

    private static async Task ScanAsync(ClusterProcesses cluster, string channel)
    {
        var started = await cluster.Hub.PostAsync($"/api/channels/{channel}/reconcile", new { });
        await Until.TrueAsync(
            async () => (await cluster.Hub.GetAsync(started["statusUrl"]!.GetValue<string>()))["state"]!.GetValue<string>() == "done", $"{channel} is scanned", Settling, () => cluster.Said);
    }

    /// <summary>How long something stays broken is part of the fault, not a wait for its end.</summary>
    private static async Task PauseAsync(TimeSpan length)
    {
        using var timer = new PeriodicTimer(length);
        await timer.WaitForNextTickAsync();
    }

    private sealed record Fault(string Name, bool LosesDeliveries, Func<Func<TimeSpan, Task>, Task> Happen);
}

/// <summary>Five processes and a database that want the machine for themselves.</summary>
[CollectionDefinition(nameof(ChaosCollection), DisableParallelization = true)]
public sealed class ChaosCollection;
