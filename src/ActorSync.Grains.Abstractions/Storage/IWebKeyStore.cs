namespace ActorSync.Abstractions.Storage;

/// <summary>
/// The keys that protect sign-ins of the dashboard and the states of sign-ins at channels, encrypted. Every process that serves browsers reads the same ones, so
/// that any of them takes what another gave out.
/// </summary>
public interface IWebKeyStore
{
    /// <summary>All keys, oldest first, at most 1,000; those encrypted with another secret key than ours are left out, as nothing can be done with them.</summary>
    Task<ImmutableArray<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Keeps a key; one that has the name already stays.</summary>
    Task AddAsync(string name, string text, DateTimeOffset now, CancellationToken cancellationToken);
}
