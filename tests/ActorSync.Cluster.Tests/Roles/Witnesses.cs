using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace ActorSync.Cluster.Tests.Roles;

/// <summary>Rings by a reminder. Key: any number. Grains of tests may live on every silo, whatever its role.</summary>
[Alias("actorsync.test.bell")]
public interface IBellGrain : IGrainWithIntegerKey
{
    /// <summary>Rings every second from now on.</summary>
    [Alias("wind")] Task WindAsync();
}

/// <inheritdoc cref="IBellGrain"/>
public sealed class BellGrain : Grain, IBellGrain, IRemindable
{
    public static ConcurrentDictionary<long, int> Rung { get; } = new();

    public Task WindAsync() => this.RegisterOrUpdateReminder("bell", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Rung.AddOrUpdate(this.GetPrimaryKeyLong(), 1, (_, times) => times + 1);
        return Task.CompletedTask;
    }
}

/// <summary>Hears a stream of the product's own provider.</summary>
[Alias("actorsync.test.ear")]
public interface IEarGrain : IGrainWithStringKey;

/// <inheritdoc cref="IEarGrain"/>
[ImplicitStreamSubscription(Namespace)]
public sealed class EarGrain : Grain, IEarGrain, IStreamSubscriptionObserver
{
    public const string Namespace = "test-words";

    public static ConcurrentDictionary<string, bool> Heard { get; } = new(StringComparer.Ordinal);

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<string>().ResumeAsync((word, _) =>
    {
        Heard[word] = true;
        return Task.CompletedTask;
    });
}
