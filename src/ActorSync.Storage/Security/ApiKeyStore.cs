using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ActorSync.Storage.Sql;

namespace ActorSync.Storage.Security;

/// <summary>
/// API keys "as_{id}_{secret}". The secret has 256 random bits, so one salted SHA-256 is enough: there is nothing to guess, and a check costs microseconds.
/// </summary>
internal sealed class ApiKeyStore(IDatabase database) : IApiKeyStore
{
    private const string Prefix = "as";
    private const int IdBytes = 8;
    private const int SecretBytes = 32;
    private const int SaltBytes = 16;

    public async Task<string> CreateAsync(TenantId tenant, string name, string role, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        await database.WriteAsync(
            session => session.ExecuteAsync(
                "InsertApiKey", cancellationToken, ("@id", id), ("@tenant", tenant.Value), ("@name", name), ("@role", role), ("@salt", salt), ("@hash", Hash(salt, secret)),
                ("@created_at", now)),
            cancellationToken);
        return $"{Prefix}_{id}_{secret}";
    }

    public async Task<ApiKeyHolder?> FindAsync(string key, CancellationToken cancellationToken)
    {
        // The secret may hold '_': only the first two separate.
        var parts = key.Split('_', 3);
        if (parts.Length != 3 || parts[0] != Prefix)
        {
            return null;
        }

        var found = await database.ReadAsync(
            session => session.FirstAsync("FindApiKey", row => new Found(Holder(row), row.Bytes(5), row.Bytes(6)), cancellationToken, ("@id", parts[1])), cancellationToken);
        return found is not null && CryptographicOperations.FixedTimeEquals(found.Hash, Hash(found.Salt, parts[2])) ? found.Holder : null;
    }

    public async Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(session => session.FirstAsync("AnyApiKey", row => row.Long(0), cancellationToken), cancellationToken) != 0;

    public async Task<ImmutableArray<ApiKeyHolder>> ListAsync(TenantId tenant, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(session => session.QueryAsync("ListApiKeys", Holder, cancellationToken, ("@tenant", tenant.Value)), cancellationToken)];

    public async Task<bool> DeleteAsync(TenantId tenant, string id, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => session.ExecuteAsync("DeleteApiKey", cancellationToken, ("@tenant", tenant.Value), ("@id", id)), cancellationToken) > 0;

    private static byte[] Hash(byte[] salt, string secret) => SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(secret)]);

    private static ApiKeyHolder Holder(Row row) => new()
    {
        Id = row.Text(0),
        Tenant = new TenantId(row.Text(1)),
        Name = row.Text(2),
        Role = row.Text(3),
        CreatedAt = row.Instant(4),
    };

    private sealed record Found(ApiKeyHolder Holder, byte[] Salt, byte[] Hash);
}
