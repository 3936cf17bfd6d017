using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.JtlFfn;

/// <summary>Counts. All of them as of one moment first, then what changed since; the moment's own end is where the news begin, so that nothing lies between.</summary>
internal sealed partial class JtlChannel
{
    public async Task<StockPage> ReadStockAsync(string? cursor, bool sweep, CancellationToken cancellationToken)
    {
        var startedAt = client.Clock.GetUtcNow();
        var now = startedAt + client.ClockOffset;
        var known = cursor is null ? StockCursor.Sweep(now - UpdatesCursor.Behind) : StockCursor.Parse(cursor);
        if (known.IsSweeping)
        {
            return await SweepAsync(known, startedAt, cancellationToken);
        }

        if (sweep && known.Updates is { To: null } rested)
        {
            // As of the last window's end: every row up to there was worked in, so that what still differs was missed.
            return await SweepAsync(StockCursor.Sweep(rested.Watermark), startedAt, cancellationToken);
        }

        return known.Updates!.Open(now) is { } window
            ? await UpdatesAsync(window, startedAt, cancellationToken)
            : new StockPage { Items = [], Cursor = known.ToString() };
    }

    private async Task<StockPage> UpdatesAsync(UpdatesCursor window, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        // Our own outbounds cause reservations, which count like anybody's.
        var answer = await client.GetAsync("stocks/updates", Query(window, ignoreOwn: false), Lane.Stock, cancellationToken);
        if (!answer.Ok || JtlMapper.Part(answer.Json, "data").ValueKind != JsonValueKind.Array)
        {
            return new StockPage { Items = [], Fault = answer.FaultOrError };
        }

        var hasMore = HasMore(answer);
        var changes = JtlMapper.List(answer.Json, "data").Select(Change).Where(change => change is not null).Select(change => change!.Value);
        var items = changes.GroupBy(change => change.Jfsku, StringComparer.Ordinal).Select(product => StockOf(
            product.Key,
            // The levels of a row are absolute: the newest per warehouse says all.
            [.. product.GroupBy(change => change.Warehouse, StringComparer.Ordinal).Select(place => place.MaxBy(change => change.Number)).Select(newest =>
                JtlMapper.Stock(newest.Row, newest.Warehouse, connection.Reading, JtlMapper.Version(newest.Row), newest.Number))],
            startedAt));
        return new StockPage { Items = [.. items], Cursor = StockCursor.Of(window.After(hasMore)).ToString(), HasMore = hasMore };
    }

    private async Task<StockPage> SweepAsync(StockCursor cursor, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync(
            "stocks/complete", [new("date", Text(cursor.SweptAt)), new("page", cursor.SweepPage.ToString(CultureInfo.InvariantCulture))], Lane.Stock, cancellationToken);
        if (!answer.Ok || JtlMapper.Part(answer.Json, "items").ValueKind != JsonValueKind.Array)
        {
            return new StockPage { Items = [], Fault = answer.FaultOrError };
        }

        var hasMore = HasMore(answer);
        var items = JtlMapper.List(answer.Json, "items").Where(row => JtlMapper.Jfsku(row) is not null).Select(row => StockOf(JtlMapper.Jfsku(row)!, Warehouses(row), startedAt));
        return new StockPage { Items = [.. items], Cursor = cursor.AfterSweep(hasMore).ToString(), HasMore = hasMore };
    }

    /// <summary>
    /// A complete row also lists things that no warehouse has counted yet, such as those that we have just made: they bear no time of a count, and their
    /// zero is no word about what there is. Of a thing that was counted anywhere, warehouses that are not named have nothing.
    /// </summary>
    private ImmutableArray<ObservedStock> Warehouses(JsonElement row)
    {
        var places = JtlMapper.List(row, "warehouses").Select(place => (Id: JtlMapper.Text(place, "warehouseId"), Row: place)).Where(place => place.Id is not null).ToList();
        if (places.All(place => !IsCounted(place.Row)))
        {
            return [];
        }

        var rows = places.Select(place => JtlMapper.Stock(place.Row, place.Id!, connection.Reading, Stamp.Zero, null)).ToList();
        var empty = settings.Locations.Where(location => rows.All(place => place.LocationId != location.LocationId)).Select(location => new ObservedStock
        {
            LocationId = location.LocationId,
            Quantity = 0,
            Reserved = 0,
            Announced = 0,
            Version = Stamp.Zero,
        });
        return [.. rows, .. empty];
    }

    private static bool IsCounted(JsonElement place) => JtlMapper.Instant(place, "fulfillerTimestamp") is not null
        || JtlMapper.Decimal(place, "stockLevel") is > 0 || JtlMapper.Decimal(place, "stockLevelReserved") is > 0 || JtlMapper.Decimal(place, "stockLevelBlocked") is > 0;

    private Observation StockOf(string jfsku, ImmutableArray<ObservedStock> counts, DateTimeOffset startedAt)
    {
        var rows = string.Join(' ', counts.Where(count => count.Row is not null).Select(count => $"{count.LocationId}/{count.Row}"));
        var body = new ObservedProduct { ExternalId = jfsku, Version = Stamp.Zero, Variants = [new ObservedVariant { ExternalId = jfsku, Stock = counts }] };
        return Observe(body, startedAt, ObservationSource.Stock) with { EventId = rows.Length > 0 ? rows : null };
    }

    private static (string Jfsku, string Warehouse, long Number, JsonElement Row)? Change(JsonElement row)
    {
        var id = JtlMapper.Part(row, "stockChangeId");
        return JtlMapper.Jfsku(id) is { } jfsku && JtlMapper.Text(id, "warehouseId") is { } warehouse && JtlMapper.Decimal(id, "stockVersion") is { } number
            ? (jfsku, warehouse, (long)number, row)
            : null;
    }
}
