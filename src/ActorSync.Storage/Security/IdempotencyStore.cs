using ActorSync.Storage.Sql;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Security;

/// <summary>First answers of requests with an Idempotency-Key.</summary>
internal sealed class IdempotencyStore(IDatabase database, IOptions<StorageOptions> options) : IIdempotencyStore
{
    /// <summary>How long a key is reserved for the request that brought it first.</summary>
    public static readonly TimeSpan Reservation = TimeSpan.FromSeconds(60);

    public Task<StoredAnswer?> BeginAsync(TenantId tenant, string key, string requestHash, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var reserved = await session.ExecuteAsync(
                    "ReserveIdempotencyKey", cancellationToken, ("@tenant", tenant.Value), ("@key", key), ("@request_hash", requestHash), ("@empty", Array.Empty<byte>()),
                    ("@now", now), ("@reserved_until", now + Reservation), ("@expired", now - options.Value.Retention.Idempotency));
                return reserved > 0
                    ? null
                    : await session.FirstAsync(
                        "ReadIdempotencyKey",
                        row => new StoredAnswer { IsOtherRequest = row.Text(0) != requestHash, Status = row.Int(1), ContentType = row.Text(2), Body = row.Bytes(3) },
                        cancellationToken, ("@tenant", tenant.Value), ("@key", key));
            },
            cancellationToken);

    public Task CompleteAsync(TenantId tenant, string key, int status, string contentType, byte[] body, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session => session.ExecuteAsync(
                "CompleteIdempotencyKey", cancellationToken, ("@tenant", tenant.Value), ("@key", key), ("@status", status), ("@content_type", contentType), ("@body", body), ("@now", now)),
            cancellationToken);
}
