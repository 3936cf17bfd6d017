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

    public Task PutSecretsAsync(ChannelId channel, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken)
    {
        if (secrets.Count > MaxSecrets)
        {
            throw new ArgumentException($"Channel '{channel}' was given {secrets.Count} secrets; at most {MaxSecrets} are kept.", nameof(secrets));
        }

        var sealedSecrets = secrets.Select(secret => (secret.Key, Box: box.Seal(Context(channel, secret.Key), secret.Value))).ToArray();
        return database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync("DeleteSecrets", cancellationToken, ("@channel", channel.Value));
                foreach (var (name, secret) in sealedSecrets)
                {
                    await session.ExecuteAsync(
                        "InsertSecret", cancellationToken, ("@channel", channel.Value), ("@name", name), ("@key_id", secret.KeyId), ("@nonce", secret.Nonce), ("@tag", secret.Tag),
                        ("@cipher", secret.Cipher));
                }

                return true;
            },
            cancellationToken);
    }

    public async Task<ChannelSecrets> GetSecretsAsync(ChannelId channel, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "ReadSecrets", row => (Name: row.Text(0), Box: new Sealed(row.Text(1), row.Bytes(2), row.Bytes(3), row.Bytes(4))), cancellationToken, ("@channel", channel.Value)),
            cancellationToken);
        return rows.Count == 0 ? ChannelSecrets.None : new ChannelSecrets(rows.ToDictionary(row => row.Name, row => box.Open(Context(channel, row.Name), row.Box), StringComparer.Ordinal));
    }

    private static string Context(ChannelId channel, string name) => $"{channel.Value}/{name}";
}
