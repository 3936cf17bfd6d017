using ActorSync.Storage.Sql;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Tests;

/// <summary>Settings, names and unreachable databases.</summary>
public sealed class ConfigurationTests(SqliteDatabases databases)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Options_WithManyMistakes_AreToldAllAtOnce()
    {
        await using var host = StorageHost.Build(new Dictionary<string, string?>
        {
            ["Dialect"] = "postgres",
            ["DataFolder"] = " ",
            ["QueueLimit"] = "5",
            ["Writers"] = "17",
            ["RetryDelay"] = "00:00:02",
            ["SecretKey"] = "short",
            ["Retention:EventBodies"] = "20.00:00:00",
            ["Retention:Step"] = "0",
        });

        var exception = Assert.Throws<OptionsValidationException>(() => host.Get<IOptions<StorageOptions>>().Value);

        foreach (var key in new[] { "ConnectionString", "DataFolder", "QueueLimit is 5", "Writers is 17", "RetryDelay", "SecretKey is ***", "Retention:EventBodies", "Retention:Step" })
        {
            Assert.Contains(exception.Failures, failure => failure.Contains($"ActorSync:Storage:{key}", StringComparison.Ordinal));
        }

        Assert.DoesNotContain("short", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Dialect", "oracle")]
    [InlineData("Dialekt", "sqlite")]
    public async Task Options_UnknownKeyOrValue_IsNamed(string key, string value)
    {
        await using var host = StorageHost.Build(new Dictionary<string, string?> { [key] = value });

        var exception = Assert.Throws<InvalidOperationException>(() => host.Get<IOptions<StorageOptions>>().Value);

        Assert.Contains(key, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_OfACommit_AreToldUnderTheirNames()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var told = new System.Collections.Concurrent.ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == StorageDiagnostics.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => told[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => told[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => told[instrument.Name] = value);
        listener.Start();

        await host.Products.CommitAsync(Make.Insert(Make.Id(1)), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(1)), Token);
        listener.RecordObservableInstruments();

        foreach (var name in new[] { StorageDiagnostics.BatchSize, StorageDiagnostics.CommitTime, StorageDiagnostics.QueueLength, StorageDiagnostics.Rejections })
        {
            Assert.True(told.ContainsKey(name), $"{name} was not told; told were {string.Join(", ", told.Keys)}");
        }
    }

    [Fact]
    public void Queries_OfBothDialects_HaveTheSameNames() => Assert.Equal(SqlCatalog.Load("Sqlite").Names, SqlCatalog.Load("Postgres").Names);

    [Fact]
    public async Task Postgres_OutOfReach_IsUnavailableInOneSentence()
    {
        await using var host = StorageHost.Build(new Dictionary<string, string?>
        {
            ["Dialect"] = "postgres",
            ["ConnectionString"] = "Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=3",
            ["DataFolder"] = databases.NewFolder(),
        });

        await Assert.ThrowsAsync<StorageUnavailableException>(() => host.Get<IStorageMigrator>().MigrateAsync(Token));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => host.Products.CommitAsync(Make.Insert(Make.Id(1)), Token));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => host.Products.LoadAsync(Make.Id(1), Token));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => host.Inbox.AppendAsync(Make.Event("e"), Token));
        var health = await host.Get<IStorageHealth>().CheckAsync(Token);
        Assert.False(health.IsReady);
        Assert.Contains("does not answer", health.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sqlite_FolderThatCannotBe_IsUnavailableInOneSentence()
    {
        await using var host = StorageHost.Build(new Dictionary<string, string?> { ["DataFolder"] = "/dev/null/data" });

        var exception = await Assert.ThrowsAsync<StorageUnavailableException>(() => host.Get<IStorageMigrator>().MigrateAsync(Token));

        Assert.Contains("/dev/null/data", exception.Message, StringComparison.Ordinal);
        Assert.False((await host.Get<IStorageHealth>().CheckAsync(Token)).IsReady);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => host.Products.CommitAsync(Make.Insert(Make.Id(1)), Token));
    }
}
