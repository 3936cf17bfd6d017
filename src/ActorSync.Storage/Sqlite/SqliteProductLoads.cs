using System.Collections.Concurrent;
using ActorSync.Storage.Groups;
using ActorSync.Storage.Products;
using Microsoft.Data.Sqlite;

namespace ActorSync.Storage.Sqlite;

/// <summary>
/// Loads one product by one statement: a statement is a snapshot, so product and links are of one moment. Connections are kept with the statement prepared:
/// opening one and preparing it costs several times what reading does.
/// </summary>
internal sealed class SqliteProductLoads(SqliteDatabase database, FingerprintCache cache) : IProductLoads, IDisposable
{
    /// <summary>Connections that are kept; more are opened and closed when more load at once.</summary>
    public const int MaxKept = 8;

    private readonly ConcurrentStack<SqliteCommand> kept = new();
    private int keptCount;

    public Task<StoredProduct?> LoadAsync(ProductId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult(Load(id.Value));
        }
        catch (SqliteException exception)
        {
            return Task.FromException<StoredProduct?>(database.Unavailable(exception));
        }
    }

    public void Dispose()
    {
        while (kept.TryPop(out var command))
        {
            Close(command);
        }
    }

    private static void Close(SqliteCommand command)
    {
        var connection = command.Connection;
        command.Dispose();
        connection?.Dispose();
    }

    private StoredProduct? Load(string id)
    {
        if (kept.TryPop(out var command))
        {
            Interlocked.Decrement(ref keptCount);
        }
        else
        {
            command = database.OpenReader().CreateCommand();
            command.CommandText = database.Sql["LoadProducts"];
            command.Parameters.Add(new SqliteParameter { ParameterName = "@id" });
        }

        var rows = new ProductRows(cache);
        var isSound = false;
        try
        {
            command.Parameters[0].Value = id;
            using (var reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    var document = reader.GetFieldValue<byte[]>(5);
                    if (reader.GetInt32(0) == 0)
                    {
                        rows.AddProduct(reader.GetInt64(3), reader.GetInt64(4), document);
                    }
                    else
                    {
                        rows.AddLink(reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4), document);
                    }
                }
            }

            isSound = true;
        }
        finally
        {
            if (isSound && Interlocked.Increment(ref keptCount) <= MaxKept)
            {
                kept.Push(command);
            }
            else
            {
                if (isSound)
                {
                    Interlocked.Decrement(ref keptCount);
                }

                Close(command);
            }
        }

        return rows.Read(id);
    }
}
