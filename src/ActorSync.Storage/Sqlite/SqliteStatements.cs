using Microsoft.Data.Sqlite;

namespace ActorSync.Storage.Sqlite;

/// <summary>The writer's connection with its prepared statements and the current transaction. Used by one thread.</summary>
internal sealed class SqliteStatements : IDisposable
{
    private readonly string connectionString;
    private readonly TimeSpan timeout;
    private readonly Dictionary<string, SqliteCommand> prepared = new(StringComparer.Ordinal);
    private SqliteConnection? connection;

    public SqliteStatements(string connectionString, TimeSpan timeout)
    {
        this.connectionString = connectionString;
        this.timeout = timeout;
    }

    /// <summary>The open connection. Opening sets what a commit's durability rests on.</summary>
    public SqliteConnection Connection
    {
        get
        {
            if (connection is null)
            {
                var opened = new SqliteConnection(connectionString) { DefaultTimeout = (int)timeout.TotalSeconds };
                opened.Open();
                using var command = opened.CreateCommand();
                command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";
                command.ExecuteNonQuery();
                connection = opened;
            }

            return connection;
        }
    }

    public SqliteTransaction? Transaction { get; private set; }

    /// <summary>An I/O error or a failed rollback: the connection must not be used again.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Takes the write lock at once, so that a later statement never finds it taken.</summary>
    public void Begin() => Transaction = Connection.BeginTransaction(deferred: false);

    public void Commit()
    {
        Transaction!.Commit();
        Transaction.Dispose();
        Transaction = null;
    }

    public void Rollback()
    {
        try
        {
            Transaction?.Rollback();
        }
        catch (Exception exception) when (exception is SqliteException or InvalidOperationException)
        {
            IsBroken = true;
        }

        Transaction?.Dispose();
        Transaction = null;
    }

    /// <summary>Rows changed. A query is always called with the same parameters in the same order.</summary>
    public int Execute(string name, string text, params ReadOnlySpan<(string Name, object? Value)> parameters) => Bound(name, text, parameters).ExecuteNonQuery();

    /// <summary>The first column of the first row, or null.</summary>
    public object? Scalar(string name, string text, params ReadOnlySpan<(string Name, object? Value)> parameters) => Bound(name, text, parameters).ExecuteScalar();

    /// <summary>Runs a savepoint statement or pragma.</summary>
    public void Run(string text) => Bound(text, text, []).ExecuteNonQuery();

    public void Dispose()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        connection?.Dispose();
    }

    private SqliteCommand Bound(string name, string text, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!prepared.TryGetValue(name, out var command))
        {
            command = Connection.CreateCommand();
            command.CommandText = text;
            foreach (var (parameter, _) in parameters)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
            }

            prepared.Add(name, command);
        }

        command.Transaction = Transaction;
        for (var i = 0; i < parameters.Length; i++)
        {
            command.Parameters[i].Value = parameters[i].Value ?? DBNull.Value;
        }

        return command;
    }
}
