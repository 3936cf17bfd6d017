using System.Text;
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

    /// <summary>Ids and keys: stored exactly as they are, or refused.</summary>
    public static NpgsqlBatchCommand Keys<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, string?> value) =>
        command.Column(rows, NpgsqlDbType.Text, value);

    /// <summary>Texts for people and for searching. PostgreSQL takes neither NUL nor half a character; a shop's odd name must not stop its product.</summary>
    public static NpgsqlBatchCommand Texts<TRow>(this NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, Func<TRow, string?> value) =>
        command.Column(rows, NpgsqlDbType.Text, row => Storable(value(row)));

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

    private static string? Storable(string? text)
    {
        const char Replacement = '\ufffd';
        if (text is null || (!text.Contains('\0', StringComparison.Ordinal) && text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0))
        {
            return text;
        }

        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', Replacement);
    }
}
