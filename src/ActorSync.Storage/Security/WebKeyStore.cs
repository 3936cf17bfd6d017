using ActorSync.Storage.Sql;

namespace ActorSync.Storage.Security;

/// <inheritdoc cref="IWebKeyStore"/>
internal sealed class WebKeyStore(IDatabase database, SecretBox box) : IWebKeyStore
{
    public async Task<ImmutableArray<string>> ListAsync(CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            session => session.QueryAsync("ListWebKeys", row => (Name: row.Text(0), Box: new Sealed(row.Text(1), row.Bytes(2), row.Bytes(3), row.Bytes(4))), cancellationToken), cancellationToken);
        return [.. rows.Where(row => row.Box.KeyId == box.KeyId).Select(row => box.Open(Context(row.Name), row.Box))];
    }

    public async Task AddAsync(string name, string text, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var secret = box.Seal(Context(name), text);
        await database.WriteAsync(
            session => session.ExecuteAsync(
                "InsertWebKey", cancellationToken, ("@name", name), ("@key_id", secret.KeyId), ("@nonce", secret.Nonce), ("@tag", secret.Tag), ("@cipher", secret.Cipher), ("@created_at", now)),
            cancellationToken);
    }

    private static string Context(string name) => $"web-key/{name}";
}
