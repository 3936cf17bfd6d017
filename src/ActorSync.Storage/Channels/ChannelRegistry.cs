using ActorSync.Storage.Security;
using ActorSync.Storage.Sql;

namespace ActorSync.Storage.Channels;

/// <summary>The registry of channels and their encrypted secrets.</summary>
internal sealed class ChannelRegistry(IDatabase database, SecretBox box) : IChannelRegistry
{
    /// <summary>Most channels over all tenants.</summary>
    public const int MaxChannels = 10_000;
    /// <summary>Most secrets of one channel.</summary>
    public const int MaxSecrets = 100;

    public async Task<bool> PutAsync(ChannelId channel, TenantId tenant, string kind, string? shop, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            session => session.ExecuteAsync("PutChannel", cancellationToken, ("@id", channel.Value), ("@tenant", tenant.Value), ("@kind", kind), ("@shop", shop)),
            cancellationToken) > 0;

    public Task RemoveAsync(ChannelId channel, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync("DeleteSecrets", cancellationToken, ("@channel", channel.Value));
                await session.ExecuteAsync("DeleteTokens", cancellationToken, ("@channel", channel.Value));
                return await session.ExecuteAsync("DeleteChannel", cancellationToken, ("@id", channel.Value));
            },
            cancellationToken);

    public async Task<ImmutableArray<RegisteredChannel>> ListAsync(CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync(
                "ListChannels",
                row => new RegisteredChannel { Id = new ChannelId(row.Text(0)), Tenant = new TenantId(row.Text(1)), Kind = row.Text(2), Shop = row.TextOrNull(3) },
                cancellationToken, ("@limit", MaxChannels)),
            cancellationToken)];

    // What stands there is not read: it may be sealed with a key that is gone.
    public Task PutSecretsAsync(ChannelId channel, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken) =>
        database.WriteAsync(session => ReplaceAsync(session, channel, new ChannelSecrets(secrets), cancellationToken), cancellationToken);

    public Task<ChannelSecrets> ChangeSecretsAsync(ChannelId channel, Func<ChannelSecrets, ChannelSecrets> change, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await session.FirstAsync("LockChannel", row => row.Text(0), cancellationToken, ("@id", channel.Value));
                var stored = await ReadAsync(session, channel, cancellationToken);
                var changed = change(stored);
                if (ReferenceEquals(changed, stored))
                {
                    return stored;
                }

                await ReplaceAsync(session, channel, changed, cancellationToken);
                return await ReadAsync(session, channel, cancellationToken);
            },
            cancellationToken);

    public Task<ChannelSecrets> GetSecretsAsync(ChannelId channel, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ReadAsync(session, channel, cancellationToken), cancellationToken);

    private async Task<int> ReplaceAsync(DbSession session, ChannelId channel, ChannelSecrets secrets, CancellationToken cancellationToken)
    {
        if (secrets.Held.Count > MaxSecrets)
        {
            throw new ArgumentException($"Channel '{channel}' was given {secrets.Held.Count} secrets; at most {MaxSecrets} are kept.", nameof(secrets));
        }

        await session.ExecuteAsync("DeleteSecrets", cancellationToken, ("@channel", channel.Value));
        foreach (var (name, held) in secrets.Held)
        {
            var secret = box.Seal(Context(channel, name), held.Value);
            await session.ExecuteAsync(
                "InsertSecret", cancellationToken, ("@channel", channel.Value), ("@name", name), ("@key_id", secret.KeyId), ("@nonce", secret.Nonce), ("@tag", secret.Tag),
                ("@cipher", secret.Cipher), ("@set_at", held.SetAt), ("@ends_at", held.EndsAt));
        }

        return secrets.Held.Count;
    }

    private async Task<ChannelSecrets> ReadAsync(DbSession session, ChannelId channel, CancellationToken cancellationToken)
    {
        var rows = await session.QueryAsync(
            "ReadSecrets",
            row => (Name: row.Text(0), Box: new Sealed(row.Text(1), row.Bytes(2), row.Bytes(3), row.Bytes(4)), SetAt: row.InstantOrNull(5), EndsAt: row.InstantOrNull(6)),
            cancellationToken, ("@channel", channel.Value));
        return rows.Count == 0 ? ChannelSecrets.None : new ChannelSecrets(rows.Select(row =>
        {
            var value = box.Open(Context(channel, row.Name), row.Box);
            return KeyValuePair.Create(row.Name, new HeldSecret(value) { SetAt = row.SetAt, EndsAt = row.EndsAt, Fingerprint = box.Fingerprint(channel.Value, value) });
        }));
    }

    private static string Context(ChannelId channel, string name) => $"{channel.Value}/{name}";
}
