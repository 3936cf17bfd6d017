using ActorSync.Abstractions.Channels;

namespace ActorSync.Storage.Tests;

public sealed class SqliteRegistryTests(SqliteDatabases databases) : RegistrySuite(databases);

public sealed class PostgresRegistryTests(PostgresDatabases databases) : RegistrySuite(databases);

/// <summary>Channels, secrets, keys, idempotency, retention and health, over either dialect.</summary>
public abstract class RegistrySuite(IDatabases databases)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WebKeys_TwoProcesses_HoldTheSameKeys()
    {
        var settings = await databases.CreateAsync();
        await using var one = await StorageHost.StartAsync(settings);
        await using var other = await StorageHost.StartAsync(settings);
        var now = DateTimeOffset.UnixEpoch;
        await one.Get<IWebKeyStore>().AddAsync("key-1", "<key>one</key>", now, Token);
        await other.Get<IWebKeyStore>().AddAsync("key-2", "<key>two</key>", now.AddSeconds(1), Token);
        // Both may make a key of the same name at their first start.
        await other.Get<IWebKeyStore>().AddAsync("key-1", "<key>late</key>", now.AddSeconds(2), Token);
        Assert.Equal(["<key>one</key>", "<key>two</key>"], await one.Get<IWebKeyStore>().ListAsync(Token));
        Assert.Equal(["<key>one</key>", "<key>two</key>"], await other.Get<IWebKeyStore>().ListAsync(Token));
    }

    [Fact]
    public async Task Channel_OfAnotherTenant_IsNotTaken()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var registry = host.Get<IChannelRegistry>();

        Assert.True(await registry.PutAsync(Make.Shop, Make.Tenant, "shopify", "demo", Token));
        Assert.True(await registry.PutAsync(Make.Shop, Make.Tenant, "shopify", "demo2", Token));
        Assert.False(await registry.PutAsync(Make.Shop, new TenantId("t2"), "shopify", "mine", Token));
        Assert.Equal(new RegisteredChannel { Id = Make.Shop, Tenant = Make.Tenant, Kind = "shopify", Shop = "demo2" }, Assert.Single(await registry.ListAsync(Token)));
        await registry.RemoveAsync(Make.Shop, Token);
        Assert.Empty(await registry.ListAsync(Token));
    }

    [Fact]
    public async Task Secrets_AreStoredEncrypted_AndOpenOnlyWithTheirKey()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var registry = host.Get<IChannelRegistry>();
        await registry.PutAsync(Make.Shop, Make.Tenant, "shopify", null, Token);
        await registry.PutSecretsAsync(Make.Shop, new Dictionary<string, string> { ["old"] = "gone" }, Token);
        await registry.PutSecretsAsync(Make.Shop, new Dictionary<string, string> { ["accessToken"] = "shpat_geheim_ü", ["webhookSecret.2"] = "zwei" }, Token);

        var secrets = await registry.GetSecretsAsync(Make.Shop, Token);
        Assert.Equal("shpat_geheim_ü", secrets.Find("accessToken"));
        Assert.Null(secrets.Find("old"));
        Assert.Equal("***", secrets.ToString());
        var keyFile = Path.Combine(host.Settings["DataFolder"]!, "secret.key");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(keyFile));
        }

        if (host.Settings["Dialect"] == "sqlite")
        {
            foreach (var file in Directory.GetFiles(host.Settings["DataFolder"]!, "actorsync.db*"))
            {
                Assert.DoesNotContain("shpat_geheim", System.Text.Encoding.Latin1.GetString(await ReadSharedAsync(file)), StringComparison.Ordinal);
            }
        }

        await using var stranger = await StorageHost.StartAsync(host.Settings, settings => settings["SecretKey"] = Convert.ToBase64String(new byte[32]));
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => stranger.Get<IChannelRegistry>().GetSecretsAsync(Make.Shop, Token));
        Assert.Contains("Restore the old key", exception.Message, StringComparison.Ordinal);
        await registry.RemoveAsync(Make.Shop, Token);
        Assert.Same(ChannelSecrets.None, await registry.GetSecretsAsync(Make.Shop, Token));
    }

    [Fact]
    public async Task Secrets_OfManyRotationsAtOnce_AreAllThereWithTheirTimes()
    {
        const int Rotations = 6;
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var registry = host.Get<IChannelRegistry>();
        await registry.PutAsync(Make.Shop, Make.Tenant, "shopify", null, Token);
        await registry.PutSecretsAsync(Make.Shop, new Dictionary<string, string> { ["webhookSecret"] = "first", ["accessToken"] = "kept" }, Token);

        await Task.WhenAll(Enumerable.Range(0, Rotations).Select(n =>
            registry.ChangeSecretsAsync(Make.Shop, secrets => secrets.Rotated("webhookSecret", $"next{n}", Make.Start, Make.Start.AddHours(n + 1))!, Token)));

        var stored = await registry.GetSecretsAsync(Make.Shop, Token);
        var held = stored.HeldOf("webhookSecret").ToList();
        Assert.Equal(Enumerable.Range(0, Rotations).Select(n => $"next{n}").Append("first").Order(StringComparer.Ordinal), held.Select(secret => secret.Value).Order(StringComparer.Ordinal));
        Assert.Equal(Rotations + 1, held.Select(secret => secret.Fingerprint).Distinct().Count());
        Assert.Null(held[0].EndsAt);
        Assert.All(held.Skip(1), old => Assert.InRange(old.EndsAt!.Value, Make.Start.AddHours(1), Make.Start.AddHours(Rotations)));
        Assert.Equal(Make.Start, held[0].SetAt);
        Assert.Equal("kept", stored.Find("accessToken"));
        Assert.Equal(["kept", held[0].Value], stored.At(Make.Start.AddHours(Rotations)).Held.Select(pair => pair.Value.Value));
    }

    [Fact]
    public async Task ApiKey_IsFoundByItsTextOnly()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var keys = host.Get<IApiKeyStore>();
        Assert.False(await keys.AnyAsync(Token));

        var key = await keys.CreateAsync(Make.Tenant, "first", "admin", Make.Start, Token);

        Assert.True(await keys.AnyAsync(Token));
        var holder = await keys.FindAsync(key, Token);
        Assert.Equal(("first", "admin", Make.Tenant, Make.Start), (holder!.Name, holder.Role, holder.Tenant, holder.CreatedAt));
        Assert.Null(await keys.FindAsync(key[..^1] + (key[^1] == 'A' ? 'B' : 'A'), Token));
        Assert.Null(await keys.FindAsync("as_nothing", Token));
        Assert.Equal(holder, Assert.Single(await keys.ListAsync(Make.Tenant, Token)));
        Assert.False(await keys.DeleteAsync(new TenantId("t2"), holder.Id, Token));
        Assert.True(await keys.DeleteAsync(Make.Tenant, holder.Id, Token));
        Assert.Null(await keys.FindAsync(key, Token));
    }

    [Fact]
    public async Task Idempotency_FirstAnswerIsKept_AndAnotherRequestIsTold()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var store = host.Get<IIdempotencyStore>();
        var now = Make.Start;

        Assert.Null(await store.BeginAsync(Make.Tenant, "k", "h1", now, Token));
        Assert.Equal(0, (await store.BeginAsync(Make.Tenant, "k", "h1", now, Token))!.Status);
        Assert.Null(await store.BeginAsync(new TenantId("t2"), "k", "h1", now, Token));
        await store.CompleteAsync(Make.Tenant, "k", 201, "application/json", [1, 2], now, Token);
        var again = await store.BeginAsync(Make.Tenant, "k", "h1", now.AddHours(23), Token);
        Assert.Equal((201, false), (again!.Status, again.IsOtherRequest));
        Assert.Equal([1, 2], again.Body);
        Assert.True((await store.BeginAsync(Make.Tenant, "k", "h2", now, Token))!.IsOtherRequest);
        Assert.Null(await store.BeginAsync(Make.Tenant, "k", "h2", now.AddHours(25), Token));
    }

    [Fact]
    public async Task Idempotency_WhoNeverAnswered_LosesTheKeyAfterAMinute()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var store = host.Get<IIdempotencyStore>();
        await store.BeginAsync(Make.Tenant, "k", "h", Make.Start, Token);

        Assert.NotNull(await store.BeginAsync(Make.Tenant, "k", "h", Make.Start.AddSeconds(59), Token));
        Assert.Null(await store.BeginAsync(Make.Tenant, "k", "h", Make.Start.AddSeconds(60), Token));
    }

    [Fact]
    public async Task Retention_DeletesWhatIsOldAndNothingElse()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync(), settings => settings["Retention:Step"] = "2");
        var id = Make.Id(1);
        var now = Make.Start;
        await host.Products.CommitAsync(Make.Insert(id, "A"), Token);
        for (var day = 100; day > 0; day -= 10)
        {
            var at = now.AddDays(-day);
            await host.Products.CommitAsync(
                new ProductCommit
                {
                    Tenant = Make.Tenant,
                    Id = id,
                    At = at,
                    Log = [Make.Log($"day {day}") with { At = at }],
                    Attempts = [new AttemptWrite { Id = $"push-{day}", Channel = Make.Shop, Operation = "push", Status = "completed", StartedAt = at }],
                },
                Token);
            await host.Inbox.AppendAsync(Make.Event($"e{day}") with { ReceivedAt = at }, Token);
            var row = Assert.Single(await host.Inbox.LeaseAsync(3, "a", day, now, now.AddMinutes(1), 10, Token));
            await host.Inbox.AckAsync([new InboxAck { Id = row.Id, Outcome = "changed" }], at, Token);
        }

        await host.Inbox.AppendAsync(Make.Event("waiting") with { ReceivedAt = now.AddDays(-300) }, Token);
        await host.Get<IIdempotencyStore>().BeginAsync(Make.Tenant, "old", "h", now.AddDays(-2), Token);

        // The first line, "created", was inserted first but is of today: the oldest ids are looked at, so it must not stop the run.
        var counts = await host.Get<Retention.RetentionService>().RunOnceAsync(Token);

        Assert.Equal(["created p00001", "day 10", "day 20", "day 30", "day 40", "day 50", "day 60", "day 70", "day 80", "day 90"],
            (await host.Queries.HistoryAsync(id, null, 100, Token)).Items.Select(item => item.Entry.Detail!).Order(StringComparer.Ordinal));
        Assert.Equal(["push-10", "push-20", "push-30"], (await host.Queries.AttemptsAsync(id, 100, Token)).Select(attempt => attempt.Id));
        var events = (await host.Queries.EventsAsync(Make.Tenant, null, null, 100, Token)).Items;
        Assert.Equal(["handled", "waiting"], events.Select(item => item.State));
        Assert.False(await host.Inbox.ReplayAsync(events[0].Id, now, Token));
        Assert.Equal(1, counts["PruneIdempotency"]);
        Assert.All((await host.Get<Retention.RetentionService>().RunOnceAsync(Token)).Values, count => Assert.Equal(0, count));
    }

    [Fact]
    public async Task Health_AfterMigration_IsReady()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());

        Assert.True((await host.Get<IStorageHealth>().CheckAsync(Token)).IsReady);
    }

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Token);
        return copy.ToArray();
    }
}
