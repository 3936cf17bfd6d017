using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ActorSync.Storage.Tests;

/// <summary>The storage as a host has it, over a database of its own.</summary>
public sealed class StorageHost : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private StorageHost(ServiceProvider services, FakeTimeProvider time, Dictionary<string, string?> settings)
    {
        this.services = services;
        Time = time;
        Settings = settings;
    }

    /// <summary>Settings by key below the section, to start another host on the same database.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    public FakeTimeProvider Time { get; }

    public IProductStore Products => Get<IProductStore>();

    public IInboxStore Inbox => Get<IInboxStore>();

    public IProductQueries Queries => Get<IProductQueries>();

    public static async Task<StorageHost> StartAsync(IReadOnlyDictionary<string, string?> settings, Action<Dictionary<string, string?>>? change = null)
    {
        var all = new Dictionary<string, string?>(settings);
        change?.Invoke(all);
        var host = Build(all);
        await host.Get<IStorageMigrator>().MigrateAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public static StorageHost Build(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create($"{StorageOptions.Section}:{pair.Key}", pair.Value))).Build();
        var time = new FakeTimeProvider(Make.Start);
        var provider = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(time).AddActorSyncStorage(configuration.GetSection(StorageOptions.Section)).BuildServiceProvider();
        return new StorageHost(provider, time, settings);
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
