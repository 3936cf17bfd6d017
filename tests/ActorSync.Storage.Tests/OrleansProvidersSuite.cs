using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Storage;

namespace ActorSync.Storage.Tests;

public sealed class SqliteOrleansTests(SqliteDatabases databases) : OrleansProvidersSuite(databases);

public sealed class PostgresOrleansTests(PostgresDatabases databases) : OrleansProvidersSuite(databases)
{
    [Fact]
    public async Task Clustering_TwoSilosOnOneTable_SeeEachOther()
    {
        await using var storage = await StorageHost.StartAsync(await CreateAsync());
        using var first = await StartSiloAsync(storage, localhost: false);
        using var second = await StartSiloAsync(storage, localhost: false);

        var management = first.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        var hosts = await management.GetHosts(onlyActive: true);

        Assert.Equal(2, hosts.Count);
        await second.StopAsync(TestContext.Current.CancellationToken);
        Assert.Single(await management.GetHosts(onlyActive: true));
        await first.StopAsync(TestContext.Current.CancellationToken);
        var table = first.Services.GetRequiredService<IMembershipTable>();
        Assert.Equal(2, (await table.ReadAllAsync(TestContext.Current.CancellationToken)).Members.Count);
        await table.CleanupDefunctSiloEntriesAsync(DateTimeOffset.UtcNow.AddMinutes(1), TestContext.Current.CancellationToken);
        Assert.Empty((await table.ReadAllAsync(TestContext.Current.CancellationToken)).Members);
        await table.DeleteMembershipTableEntriesAsync("test", TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<Exception>(() => table.ReadAllAsync(TestContext.Current.CancellationToken));
    }
}

/// <summary>The Orleans AdoNet providers on our own tables and queries.</summary>
public abstract class OrleansProvidersSuite(IDatabases databases)
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> Rings = new();
    private static int port = 41_000 + (Environment.ProcessId % 2_000 * 4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task State_WrittenReadCleared_SurvivesARestartAndRefusesAStaleWriter()
    {
        await using var storage = await StorageHost.StartAsync(await CreateAsync());
        using (var silo = await StartSiloAsync(storage))
        {
            var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INoteGrain>("tenant/a");
            await grain.SetAsync("one");
            await grain.SetAsync("two");
            await grain.MeetAStaleWriterAsync();
            await silo.StopAsync(Token);
        }

        using (var silo = await StartSiloAsync(storage))
        {
            var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INoteGrain>("tenant/a");
            Assert.Equal("three", await grain.GetAsync());
            await grain.ClearAsync();
            await grain.SetAsync("four");
            Assert.Equal("four", await grain.GetAsync());
            await silo.StopAsync(Token);
        }
    }

    [Fact]
    public async Task Reminder_SetBeforeARestart_FiresAfterIt()
    {
        await using var storage = await StorageHost.StartAsync(await CreateAsync());
        var key = Guid.NewGuid().ToString("n");
        var rung = Rings.GetOrAdd(key, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        using (var silo = await StartSiloAsync(storage))
        {
            var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IAlarmGrain>(key);
            // Due long after the first silo is gone, then every second: what rings is the stored row, read by the second silo.
            await grain.SetAsync(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(1));
            await silo.StopAsync(Token);
        }

        Assert.False(rung.Task.IsCompleted);
        using (var silo = await StartSiloAsync(storage))
        {
            await rung.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
            var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IAlarmGrain>(key);
            Assert.True(await grain.StopAsync());
            Assert.False(await grain.StopAsync());
            await silo.StopAsync(Token);
        }
    }

    internal static void Ring(string key) => Rings[key].TrySetResult();

    protected Task<Dictionary<string, string?>> CreateAsync() => databases.CreateAsync();

    protected static async Task<IHost> StartSiloAsync(StorageHost storage, bool localhost = true)
    {
        var options = new ConfigurationBuilder().AddInMemoryCollection(storage.Settings).Build().Get<StorageOptions>()!;
        var database = OrleansDatabase.Of(options);
        var siloPort = Interlocked.Add(ref port, 2);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("test", "test"));
            if (localhost)
            {
                silo.UseLocalhostClustering(siloPort, siloPort + 1, serviceId: "test", clusterId: "test");
            }
            else
            {
                silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (database.Invariant, database.ConnectionString));
                silo.Configure<EndpointOptions>(endpoint => (endpoint.AdvertisedIPAddress, endpoint.SiloPort, endpoint.GatewayPort) = (IPAddress.Loopback, siloPort, siloPort + 1));
            }

            silo.AddAdoNetGrainStorage("settings", grains => (grains.Invariant, grains.ConnectionString) = (database.Invariant, database.ConnectionString));
            silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.ConnectionString) = (database.Invariant, database.ConnectionString));
            silo.Configure<ReminderOptions>(reminders => reminders.MinimumReminderPeriod = TimeSpan.FromSeconds(1));
        });
        var host = builder.Build();
        await host.StartAsync(Token);
        return host;
    }
}

public interface INoteGrain : IGrainWithStringKey
{
    Task SetAsync(string text);
    Task<string?> GetAsync();
    Task ClearAsync();
    Task MeetAStaleWriterAsync();
}

[GenerateSerializer]
public sealed class Note
{
    [Id(0)] public string? Text { get; set; }
}

public sealed class NoteGrain([PersistentState("note", "settings")] IPersistentState<Note> state, [FromKeyedServices("settings")] IGrainStorage storage) : Grain, INoteGrain
{
    public Task SetAsync(string text)
    {
        state.State.Text = text;
        return state.WriteStateAsync();
    }

    public Task<string?> GetAsync() => Task.FromResult(state.State.Text);

    public Task ClearAsync() => state.ClearStateAsync();

    public async Task MeetAStaleWriterAsync()
    {
        // A second activation that read nothing, and one that read this version.
        var blind = new GrainState<Note>(new Note { Text = "blind" });
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", this.GetGrainId(), blind));
        var other = new GrainState<Note>(new Note());
        await storage.ReadStateAsync("note", this.GetGrainId(), other);
        Assert.Equal("two", other.State?.Text);
        await SetAsync("three");
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", this.GetGrainId(), other));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("note", this.GetGrainId(), other));
    }
}

public interface IAlarmGrain : IGrainWithStringKey
{
    Task SetAsync(TimeSpan due, TimeSpan period);
    Task<bool> StopAsync();
}

[KeepAlive]
public sealed class AlarmGrain : Grain, IAlarmGrain, IRemindable
{
    public Task SetAsync(TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder("alarm", due, period);

    public async Task<bool> StopAsync()
    {
        if (await this.GetReminder("alarm") is not { } reminder)
        {
            return false;
        }

        await this.UnregisterReminder(reminder);
        return true;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        OrleansProvidersSuite.Ring(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }
}
