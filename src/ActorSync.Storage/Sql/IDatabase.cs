using System.Data.Common;

namespace ActorSync.Storage.Sql;

/// <summary>One dialect: its queries, how it writes the types that differ, and its connections. Everything above it is written once.</summary>
internal interface IDatabase
{
    /// <summary>Named queries.</summary>
    SqlCatalog Sql { get; }

    /// <summary>Runs reads on a connection of its own. Never waits for the writers.</summary>
    /// <exception cref="StorageUnavailableException">The database did not answer.</exception>
    Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Runs statements of low rate in one transaction, repeated when the database breaks it off for others' sake.</summary>
    /// <exception cref="StorageUnavailableException">The database did not answer; the outcome is unknown.</exception>
    Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="WriteAsync{T}"/>, but not synced to disk by itself: a power cut may undo it, a killed process does not. For leases, which run out anyway
    /// and are taken by the dozen per second.
    /// </summary>
    Task<T> WriteUnsyncedAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>A value as the driver takes it: instants, decimals and lists differ.</summary>
    object ToDb(object? value);

    /// <summary>An instant as the driver gives it.</summary>
    DateTimeOffset ReadInstant(DbDataReader reader, int column);

    /// <summary>True when the statement was refused for what it said (constraint, bad data), not for the state of the database.</summary>
    bool IsRefusal(DbException exception);
}

/// <summary>A connection and perhaps a transaction, with the named queries.</summary>
internal sealed class DbSession(IDatabase database, DbConnection connection, DbTransaction? transaction, TimeSpan timeout)
{
    /// <summary>Rows changed.</summary>
    public async Task<int> ExecuteAsync(string query, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(query, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>All rows (queries carry their limit).</summary>
    public async Task<List<T>> QueryAsync<T>(string query, Func<Row, T> map, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(query, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(map(new Row(database, reader)));
        }

        return rows;
    }

    /// <summary>The first row, or default.</summary>
    public async Task<T?> FirstAsync<T>(string query, Func<Row, T> map, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(query, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? map(new Row(database, reader)) : default;
    }

    private DbCommand Command(string query, (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = database.Sql[query];
        command.CommandTimeout = (int)timeout.TotalSeconds;
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = database.ToDb(value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}

/// <summary>The current row of a reader.</summary>
internal readonly struct Row(IDatabase database, DbDataReader reader)
{
    public bool IsNull(int column) => reader.IsDBNull(column);
    public string Text(int column) => reader.GetString(column);
    public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    public long Long(int column) => reader.GetInt64(column);
    public int Int(int column) => reader.GetInt32(column);
    public bool Bool(int column) => reader.GetBoolean(column);
    public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);
    public byte[]? BytesOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);
    public decimal? DecimalOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetDecimal(column);
    public DateTimeOffset Instant(int column) => database.ReadInstant(reader, column);
    public DateTimeOffset? InstantOrNull(int column) => reader.IsDBNull(column) ? null : database.ReadInstant(reader, column);
}
