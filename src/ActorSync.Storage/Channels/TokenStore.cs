using System.Text.Json;
using ActorSync.Storage.Security;
using ActorSync.Storage.Sql;

namespace ActorSync.Storage.Channels;

/// <inheritdoc cref="ITokenStore"/>
internal sealed class TokenStore(IDatabase database, SecretBox box) : ITokenStore
{
    public async Task<StoredTokens?> ReadAsync(ChannelId channel, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            session => session.FirstAsync(
                "ReadTokens", row => new Row(row.Long(0), new Sealed(row.Text(1), row.Bytes(2), row.Bytes(3), row.Bytes(4))), cancellationToken, ("@channel", channel.Value)),
            cancellationToken);
        return row is null ? null : new StoredTokens(row.Version, JsonSerializer.Deserialize<ChannelTokens>(box.Open(Context(channel), row.Box))!);
    }

    public async Task<bool> ReplaceAsync(ChannelId channel, long expectedVersion, ChannelTokens tokens, CancellationToken cancellationToken)
    {
        var secret = box.Seal(Context(channel), JsonSerializer.Serialize(tokens));
        return await database.WriteAsync(
            session => session.ExecuteAsync(
                expectedVersion == 0 ? "InsertTokens" : "UpdateTokens", cancellationToken, ("@channel", channel.Value), ("@version", expectedVersion), ("@key_id", secret.KeyId),
                ("@nonce", secret.Nonce), ("@tag", secret.Tag), ("@cipher", secret.Cipher)),
            cancellationToken) > 0;
    }

    private static string Context(ChannelId channel) => $"{channel.Value}/tokens";

    private sealed record Row(long Version, Sealed Box);
}
