using System.Globalization;
using System.Text;
using ActorSync.Storage.Groups;
using ActorSync.Storage.Json;
using ActorSync.Storage.Sql;

namespace ActorSync.Storage.Products;

/// <summary>Read models over either dialect.</summary>
internal sealed class ProductQueries(IDatabase database) : IProductQueries
{
    /// <summary>Most rows of a page.</summary>
    public const int MaxLimit = 500;

    public async Task<Page<ProductListItem>> ListAsync(ProductFilter filter, CancellationToken cancellationToken)
    {
        var (query, byName) = filter.Sort switch
        {
            null or "" or "-updatedAt" => ("ListProductsByUpdatedDesc", false),
            "updatedAt" => ("ListProductsByUpdated", false),
            "name" => ("ListProductsByName", true),
            "-name" => ("ListProductsByNameDesc", true),
            _ => throw new ArgumentException($"sort is '{filter.Sort}'; accepted are name, -name, updatedAt, -updatedAt.", nameof(filter)),
        };
        var limit = Limit(filter.Limit);
        var cursor = Cursor.Read(filter.Cursor);
        (string, object?)[] matches =
        [
            ("@tenant", filter.Tenant.Value), ("@status", filter.Status), ("@q", Folded(filter.Q)), ("@tag", filter.Tag is { Length: > 0 } tag ? SearchText.OfTag(tag) : null),
            ("@vendor", NullIfEmpty(filter.Vendor)), ("@type", NullIfEmpty(filter.ProductType)), ("@sync_status", NullIfEmpty(filter.SyncStatus)),
            ("@stock_below", filter.StockBelow), ("@since", filter.UpdatedSince), ("@sku", Folded(filter.Sku)), ("@channel", filter.Channel?.Value),
        ];
        (string, object?)[] paging =
        [
            byName ? ("@cursor_name", cursor?.Text) : ("@cursor_at", cursor?.At), ("@cursor_id", cursor?.Id ?? ""), ("@limit", limit + 1), ("@offset", Math.Max(0, filter.Offset)),
        ];
        return await database.ReadAsync(
            async session =>
            {
                var rows = await session.QueryAsync(query, ReadItem, cancellationToken, [.. matches, .. paging]);
                var more = rows.Count > limit;
                var page = more ? rows[..limit] : rows;
                var marks = await MarksAsync(session, page, cancellationToken);
                long? total = filter.CountExact ? await session.FirstAsync("CountProducts", row => row.Long(0), cancellationToken, matches) : null;
                return new Page<ProductListItem>
                {
                    Items = [.. page.Select(row => row.Item with { Channels = [.. marks[row.Item.Id.Value]] })],
                    NextCursor = !more ? null : byName ? Cursor.Write(page[^1].NameKey, page[^1].Item.Id.Value) : Cursor.Write(page[^1].Item.UpdatedAt, page[^1].Item.Id.Value),
                    Total = total,
                };
            },
            cancellationToken);
    }

    public Task<SyncCounts> CountBySyncStatusAsync(TenantId tenant, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
            {
                var counts = (await session.QueryAsync("CountBySyncStatus", row => (Status: row.Text(0), Count: row.Long(1)), cancellationToken, ("@tenant", tenant.Value)))
                    .ToDictionary(row => row.Status, row => row.Count, StringComparer.Ordinal);
                return new SyncCounts
                {
                    Total = counts.Values.Sum(),
                    Synced = counts.GetValueOrDefault("SYNCED"),
                    Pending = counts.GetValueOrDefault("PENDING"),
                    Conflict = counts.GetValueOrDefault("CONFLICT"),
                    Error = counts.GetValueOrDefault("ERROR"),
                    LastSyncAt = await session.FirstAsync("LastSync", row => row.InstantOrNull(0), cancellationToken, ("@tenant", tenant.Value)),
                };
            },
            cancellationToken);

    public async Task<Page<HistoryItem>> HistoryAsync(ProductId product, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "History", ReadHistory, cancellationToken, ("@product", product.Value), ("@before", Cursor.Read(cursor)?.Number ?? long.MaxValue), ("@limit", Limit(limit) + 1)),
            cancellationToken);
        return PageOf(rows, limit, row => Cursor.Write(row.Id));
    }

    public async Task<ImmutableArray<HistoryItem>> RecentAsync(TenantId tenant, int limit, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync("RecentChanges", ReadHistory, cancellationToken, ("@tenant", tenant.Value), ("@limit", Limit(limit))), cancellationToken)];

    public async Task<Page<ConflictItem>> ConflictsAsync(
        TenantId tenant, ProductId? product, ConflictState? state, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var after = Cursor.Read(cursor);
        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "Conflicts",
                row => (Item: new ConflictItem { Product = new ProductId(row.Text(0)), ProductName = row.TextOrNull(1), Row = StorageJson.ReadConflict(row.Text(2)) },
                    At: row.Instant(3), Id: row.Text(4)),
                cancellationToken, ("@tenant", tenant.Value), ("@product", product?.Value),
                ("@state", state is { } wanted ? CommitOutcomes.StateText(wanted) : null), ("@cursor_at", after?.At), ("@cursor_id", after?.Id ?? ""), ("@limit", Limit(limit) + 1)),
            cancellationToken);
        var page = PageOf(rows, limit, row => Cursor.Write(row.At, row.Id));
        return new Page<ConflictItem> { Items = [.. page.Items.Select(row => row.Item)], NextCursor = page.NextCursor };
    }

    public async Task<ImmutableArray<AttemptItem>> AttemptsAsync(ProductId product, int limit, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync(
                "Attempts",
                row => new AttemptItem
                {
                    Id = row.Text(0),
                    Channel = new ChannelId(row.Text(1)),
                    Operation = row.Text(2),
                    Status = row.Text(3),
                    Attempts = row.Int(4),
                    Fields = StorageJson.ReadList(row.TextOrNull(5)),
                    Error = row.TextOrNull(6),
                    StartedAt = row.Instant(7),
                    EndedAt = row.InstantOrNull(8),
                },
                cancellationToken, ("@product", product.Value), ("@limit", Limit(limit))),
            cancellationToken)];

    public async Task<ImmutableArray<AttemptCount>> CountAttemptsAsync(TenantId tenant, DateTimeOffset since, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync(
                "CountAttempts", row => new AttemptCount { Operation = row.Text(0), Status = row.Text(1), Count = row.Long(2) }, cancellationToken,
                ("@tenant", tenant.Value), ("@since", since)),
            cancellationToken)];

    public Task<DirtyCount> CountDirtyAsync(ChannelId channel, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.FirstAsync("CountDirtyLinks", ReadDirtyCount, cancellationToken, ("@channel", channel.Value)), cancellationToken);

    private static DirtyCount ReadDirtyCount(Row row) => new(row.Long(0), row.InstantOrNull(1));

    public Task<LinkCounts> CountLinksAsync(ChannelId channel, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
            {
                var rows = await session.QueryAsync(
                    "CountLinks",
                    row => (Status: PreparedCommit.StatusOf(row.Text(0)), Plan: row.Text(1), Count: row.Long(2)),
                    cancellationToken, ("@channel", channel.Value));
                var dirty = await session.FirstAsync("CountDirtyLinks", ReadDirtyCount, cancellationToken, ("@channel", channel.Value));
                var undecided = await session.QueryAsync("CountUndecidedFields", ReadCount, cancellationToken, ("@channel", channel.Value));
                var planned = await session.QueryAsync("CountPlannedFields", ReadCount, cancellationToken, ("@channel", channel.Value));
                return new LinkCounts
                {
                    ByStatus = rows.GroupBy(row => row.Status).ToImmutableDictionary(group => group.Key, group => group.Sum(row => row.Count)),
                    ByPlan = rows.GroupBy(row => row.Plan, StringComparer.Ordinal).ToImmutableDictionary(group => group.Key, group => group.Sum(row => row.Count), StringComparer.Ordinal),
                    Dirty = dirty.Count,
                    OldestDirty = dirty.Oldest,
                    Undecided = await session.FirstAsync("CountUndecidedLinks", row => row.Long(0), cancellationToken, ("@channel", channel.Value)),
                    Failing = await session.FirstAsync("CountFailingLinks", row => row.Long(0), cancellationToken, ("@channel", channel.Value)),
                    UndecidedByField = undecided.ToImmutableDictionary(StringComparer.Ordinal),
                    PlannedByField = planned.ToImmutableDictionary(StringComparer.Ordinal),
                };
            },
            cancellationToken);

    public async Task<Page<ListedLink>> ListedLinksAsync(ChannelId channel, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "ListedLinks",
                row => new ListedLink
                {
                    Product = new ProductId(row.Text(0)),
                    ProductName = row.TextOrNull(1),
                    Mark = ReadMark(row, 2),
                    Undecided = StorageJson.ReadList(row.TextOrNull(10)),
                },
                cancellationToken, ("@channel", channel.Value), ("@after", Cursor.Read(cursor)?.Id ?? ""), ("@limit", Limit(limit) + 1)),
            cancellationToken);
        return PageOf(rows, limit, row => Cursor.Write("", row.Product.Value));
    }

    public async Task<Page<WebhookEventItem>> EventsAsync(TenantId tenant, ChannelId? channel, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var after = Cursor.Read(cursor);
        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "Events",
                row => new WebhookEventItem
                {
                    Id = row.Long(0),
                    Channel = new ChannelId(row.Text(1)),
                    Topic = row.Text(2),
                    Resource = row.Text(3),
                    State = row.Text(4),
                    Outcome = row.TextOrNull(5),
                    ReceivedAt = row.Instant(6),
                    HandledAt = row.InstantOrNull(7),
                    Attempts = row.Int(8),
                    Duplicates = row.Int(9),
                },
                cancellationToken, ("@tenant", tenant.Value), ("@channel", channel?.Value), ("@cursor_at", after?.At), ("@cursor_number", after?.Number ?? 0L),
                ("@limit", Limit(limit) + 1)),
            cancellationToken);
        return PageOf(rows, limit, row => Cursor.Write(row.ReceivedAt, row.Id.ToString(CultureInfo.InvariantCulture)));
    }

    public async Task<ImmutableArray<EventCount>> CountEventsAsync(TenantId tenant, DateTimeOffset since, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync(
                "CountEvents", row => new EventCount { Channel = new ChannelId(row.Text(0)), Outcome = row.Text(1), Count = row.Long(2) }, cancellationToken,
                ("@tenant", tenant.Value), ("@since", since)),
            cancellationToken)];

    public Task<VerifiedCounts> CountVerifiedAsync(ChannelId channel, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.FirstAsync(
                "CountVerified", row => new VerifiedCounts { Linked = row.Long(0), Verified = row.Long(1), OldestAt = row.InstantOrNull(2) }, cancellationToken,
                ("@channel", channel.Value)),
            cancellationToken)!;

    public async Task<ImmutableArray<BoundProduct>> ListUnverifiedAsync(
        ChannelId channel, DateTimeOffset before, ProductId? after, int limit, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync(
                "ListUnverified", row => new BoundProduct(new ProductId(row.Text(0)), row.Text(1)), cancellationToken,
                ("@channel", channel.Value), ("@before", before), ("@after", after?.Value ?? ""), ("@limit", Limit(limit))),
            cancellationToken)];

    public async Task<Page<UnaccountedItem>> UnaccountedAsync(TenantId tenant, DateTimeOffset before, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var after = Cursor.Read(cursor);
        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "ListUnaccounted",
                row => new UnaccountedItem
                {
                    Product = new ProductId(row.Text(0)),
                    ProductName = row.TextOrNull(1),
                    Since = row.Instant(2),
                    State = StorageJson.ReadProduct(row.Bytes(3), 0),
                },
                cancellationToken, ("@tenant", tenant.Value), ("@before", before), ("@cursor_at", after?.At), ("@cursor_id", after?.Id ?? ""), ("@limit", Limit(limit) + 1)),
            cancellationToken);
        return PageOf(rows, limit, row => Cursor.Write(row.Since, row.Product.Value));
    }

    public Task<long> CountUnaccountedAsync(TenantId tenant, DateTimeOffset before, int most, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.FirstAsync("CountUnaccounted", row => row.Long(0), cancellationToken, ("@tenant", tenant.Value), ("@before", before), ("@limit", most)),
            cancellationToken);

    public async Task<ImmutableArray<UnaccountedCount>> OldestUnaccountedAsync(CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync("OldestUnaccounted", row => new UnaccountedCount(new TenantId(row.Text(0)), row.Long(1), row.Instant(2)), cancellationToken), cancellationToken)];

    public async Task<ImmutableDictionary<string, DateTimeOffset>> LastHeardAsync(
        TenantId tenant, ChannelId channel, ImmutableArray<string> resources, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "LastHeard", row => KeyValuePair.Create(row.Text(0), row.Instant(1)), cancellationToken,
                ("@tenant", tenant.Value), ("@channel", channel.Value), ("@resources", resources.ToArray()), ("@since", since), ("@limit", resources.Length)),
            cancellationToken);
        return rows.ToImmutableDictionary(StringComparer.Ordinal);
    }

    private static async Task<ILookup<string, LinkMark>> MarksAsync(DbSession session, List<ListRow> page, CancellationToken cancellationToken)
    {
        if (page.Count == 0)
        {
            return Array.Empty<LinkMark>().ToLookup(_ => "");
        }

        var marks = await session.QueryAsync(
            "ReadLinkMarks", row => (Product: row.Text(0), Mark: ReadMark(row, 1)), cancellationToken, ("@ids", page.Select(row => row.Item.Id.Value).ToArray()));
        return marks.ToLookup(row => row.Product, row => row.Mark, StringComparer.Ordinal);
    }

    private static ListRow ReadItem(Row row) => new(
        new ProductListItem
        {
            Id = new ProductId(row.Text(0)),
            Version = row.Long(1),
            Name = row.TextOrNull(2),
            Sku = row.TextOrNull(3),
            Variants = row.Int(4),
            Status = row.Text(5),
            Vendor = row.TextOrNull(6),
            ProductType = row.TextOrNull(7),
            Price = row.DecimalOrNull(8),
            Available = row.DecimalOrNull(9),
            SyncStatus = row.Text(10),
            UpdatedAt = row.Instant(11),
            Tags = StorageJson.ReadList(row.TextOrNull(12)),
        },
        row.Text(13));

    private static LinkMark ReadMark(Row row, int from) => new()
    {
        Channel = new ChannelId(row.Text(from)),
        Status = PreparedCommit.StatusOf(row.Text(from + 1)),
        ExternalId = row.TextOrNull(from + 2),
        IsDirty = row.Bool(from + 3),
        IsUndecided = row.Bool(from + 4),
        Attempts = row.Int(from + 5),
        Reason = row.TextOrNull(from + 6),
        ObservedAt = row.InstantOrNull(from + 7),
    };

    private static HistoryItem ReadHistory(Row row) => new()
    {
        Id = row.Long(0),
        Product = new ProductId(row.Text(1)),
        ProductName = row.TextOrNull(2),
        Version = row.Long(3),
        Entry = StorageJson.ReadLogEntry(row.Text(4)),
    };

    private static KeyValuePair<string, long> ReadCount(Row row) => KeyValuePair.Create(row.Text(0), row.Long(1));

    private static Page<T> PageOf<T>(List<T> rows, int limit, Func<T, string> cursor)
    {
        var most = Limit(limit);
        return rows.Count > most
            ? new Page<T> { Items = [.. rows[..most]], NextCursor = cursor(rows[most - 1]) }
            : new Page<T> { Items = [.. rows] };
    }

    private static int Limit(int limit) => Math.Clamp(limit, 1, MaxLimit);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string? Folded(string? text) => string.IsNullOrWhiteSpace(text) ? null : SearchText.Fold(text);

    private sealed record ListRow(ProductListItem Item, string NameKey);
}

/// <summary>Where a page ended: the sort value and the id, in base64 so that nobody builds one by hand.</summary>
internal sealed record Cursor(string Text, string Id)
{
    public DateTimeOffset At => long.TryParse(Text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var micros)
        ? DateTimeOffset.UnixEpoch.AddMicroseconds(micros)
        : throw Unreadable(Text);

    public long Number => long.TryParse(Id, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : throw Unreadable(Id);

    public static string Write(string text, string id) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{text}\n{id}"));

    public static string Write(DateTimeOffset at, string id) =>
        Write(((at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture), id);

    public static string Write(long id) => Write("", id.ToString(CultureInfo.InvariantCulture));

    /// <exception cref="ArgumentException">The text is no cursor.</exception>
    public static Cursor? Read(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return null;
        }

        var bytes = new byte[cursor.Length];
        if (!Convert.TryFromBase64String(cursor, bytes, out var length))
        {
            throw Unreadable(cursor);
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var end = text.LastIndexOf('\n');
        return end < 0 ? throw Unreadable(cursor) : new Cursor(text[..end], text[(end + 1)..]);
    }

    private static ArgumentException Unreadable(string cursor) => new($"cursor '{cursor}' is not one that a list gave out; begin without a cursor.", nameof(cursor));
}
