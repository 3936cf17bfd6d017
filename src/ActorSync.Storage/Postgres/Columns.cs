using Npgsql;
using NpgsqlTypes;

namespace ActorSync.Storage.Postgres;

/// <summary>Array parameters of a multi-row statement, one per column, in the order of the statement.</summary>
internal static class Columns
{
    public static NpgsqlBatchCommand Column<TRow, T>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, NpgsqlDbType type, Func<TRow, T> value)
    {
        var items = new T[rows.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = value(rows[i]);
        }

        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = items, NpgsqlDbType = NpgsqlDbType.Array | type });
        return command;
    }

    public static NpgsqlBatchCommand Texts<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, string?> value) =>
        command.Column(rows, NpgsqlDbType.Text, value);

    public static NpgsqlBatchCommand Longs<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, long> value) =>
        command.Column(rows, NpgsqlDbType.Bigint, value);

    public static NpgsqlBatchCommand Ints<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, int> value) =>
        command.Column(rows, NpgsqlDbType.Integer, value);

    public static NpgsqlBatchCommand Flags<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, bool> value) =>
        command.Column(rows, NpgsqlDbType.Boolean, value);

    public static NpgsqlBatchCommand Numbers<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, decimal?> value) =>
        command.Column(rows, NpgsqlDbType.Numeric, value);

    public static NpgsqlBatchCommand Instants<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, DateTimeOffset?> value) =>
        command.Column(rows, NpgsqlDbType.TimestampTz, row => value(row)?.ToUniversalTime());

    public static NpgsqlBatchCommand Bytes<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, byte[]> value) =>
        command.Column(rows, NpgsqlDbType.Bytea, value);
}
