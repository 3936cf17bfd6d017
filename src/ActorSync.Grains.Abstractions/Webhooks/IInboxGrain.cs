using Orleans.Concurrency;

namespace ActorSync.Abstractions.Webhooks;

/// <summary>
/// Drains one partition of the webhook inbox in arrival order by lease. Key: partition number. A 5 s timer looks for rows whose lease ran out; a reminder
/// revives the grain when nobody calls it.
/// </summary>
[Alias("actorsync.inbox")]
public interface IInboxGrain : IGrainWithIntegerKey
{
    /// <summary>New rows wait. May be lost or repeated.</summary>
    [Alias("wake"), OneWay] Task WakeAsync();

    /// <summary>Registers the reviving reminder; called once per start of a silo.</summary>
    [Alias("ensure")] Task EnsureAsync();
}
