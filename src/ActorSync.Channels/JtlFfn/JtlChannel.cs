using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.JtlFfn;

/// <summary>One open merchant account.</summary>
internal sealed partial class JtlChannel(ChannelSettings settings, JtlSettings connection, JtlClient client) : IChannel, IProductSource, IProductSink, IStockSource
{
    private const int MaxPerPage = 100;
    private const int ParallelReads = 3;

    public async Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var user = await client.CurrentUserAsync(cancellationToken);
        if (!user.Ok || JtlMapper.Text(user.Json, "userId") is not { } merchant)
        {
            return Failed(user);
        }

        var warehouses = await client.GetAsync("warehouses", [new("$top", MaxPerPage.ToString())], Lane.Content, cancellationToken);
        if (!warehouses.Ok)
        {
            return Failed(warehouses);
        }

        var products = await client.GetAsync("products", [new("$top", "1")], Lane.Content, cancellationToken);
        var locations = JtlMapper.List(warehouses.Json, "items").Select(Location).Where(location => location is not null).Select(location => location!).ToImmutableArray();
        return new ProbeResult
        {
            Ok = true,
            ShopName = $"JTL-FFN merchant {merchant}",
            Locations = locations,
            Products = JtlMapper.Decimal(JtlMapper.Part(products.Json, "_page"), "total") is { } total ? (long)total : null,
            Warnings = locations.IsEmpty ? ["No fulfiller has opened a warehouse to this merchant yet; there is no stock to read."] : [],
            ClockOffset = client.ClockOffset,
        };
    }

    private static ChannelLocation? Location(JsonElement row) => JtlMapper.Text(row, "warehouseId") is { } id
        ? new ChannelLocation { LocationId = id, Name = JtlMapper.Text(row, "name"), Warehouses = [id] }
        : null;

    private ProbeResult Failed(JtlAnswer answer) => new() { Ok = false, Fault = answer.FaultOrError, ClockOffset = client.ClockOffset };

    public async Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        var scan = ScanCursor.Parse(cursor);
        var top = Math.Clamp(size + 1, 2, MaxPerPage);
        var skip = Math.Max(0, scan.Seen - 1);
        for (var step = top - 1; ; step *= 2)
        {
            var startedAt = client.Clock.GetUtcNow();
            var answer = await client.GetAsync(
                "products", [new("$top", top.ToString()), new("$skip", skip.ToString()), new("$orderBy", "jfsku")], Lane.Content, cancellationToken);
            if (!answer.Ok || JtlMapper.Part(answer.Json, "items").ValueKind != JsonValueKind.Array)
            {
                return new SourcePage { Items = [], Fault = answer.FaultOrError };
            }

            var all = JtlMapper.List(answer.Json, "items");
            var rows = all.Where(row => JtlMapper.Jfsku(row) is not null).ToArray();
            if (skip > 0 && (rows.Length == 0 || string.CompareOrdinal(JtlMapper.Jfsku(rows[0]), scan.Last) > 0))
            {
                // Rows before this page were deleted: the rest moved forward, so look again from further back until the last known row is met.
                skip = Math.Max(0, skip - step);
                continue;
            }

            var fresh = rows.Where(row => string.CompareOrdinal(JtlMapper.Jfsku(row), scan.Last) > 0).ToArray();
            var last = rows.Length == 0 ? scan.Last : JtlMapper.Jfsku(rows[^1])!;
            return new SourcePage
            {
                Items = [.. fresh.Select(row => Observe(JtlMapper.Product(row), startedAt, ObservationSource.Import))],
                NextCursor = all.Length < top ? null : new ScanCursor(skip + all.Length, string.CompareOrdinal(last, scan.Last) > 0 ? last : scan.Last).ToString(),
                Total = JtlMapper.Decimal(JtlMapper.Part(answer.Json, "_page"), "total") is { } total ? (long)total : null,
            };
        }
    }

    public async Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken)
    {
        var read = new (Observation? Item, ChannelFault? Fault)[externalIds.Length];
        await Parallel.ForAsync(0, externalIds.Length, new ParallelOptions { MaxDegreeOfParallelism = ParallelReads, CancellationToken = cancellationToken }, async (index, token) =>
        {
            var startedAt = client.Clock.GetUtcNow();
            var (row, isGone, fault) = await ReadRowAsync(externalIds[index], token);
            read[index] = (row is { } found ? Observe(JtlMapper.Product(found), startedAt, ObservationSource.Read)
                : isGone ? Observe(JtlMapper.Gone(externalIds[index], Stamp.Zero), startedAt, ObservationSource.Read) : null, fault);
        });
        return read.FirstOrDefault(one => one.Fault is not null).Fault is { } failed
            ? new SourcePage { Items = [], Fault = failed }
            : new SourcePage { Items = [.. read.Select(one => one.Item!)] };
    }

    public async Task<ObservedProduct?> FindAsync(PushItem item, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item);
        foreach (var sku in item.Target.Variants.Where(variant => !variant.Remove).Select(variant => variant.Fields.GetValueOrDefault(Fields.Sku).Text).Where(sku => sku is not null))
        {
            var (row, fault) = await FindBySkuAsync(sku!, cancellationToken);
            if (fault is not null)
            {
                throw new HttpRequestException(fault.Message);
            }

            if (row is { } found)
            {
                return JtlMapper.Product(found);
            }
        }

        return null;
    }

    public async Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        var startedAt = client.Clock.GetUtcNow();
        var now = startedAt + client.ClockOffset;
        var updates = cursor is null ? UpdatesCursor.Begin(now - UpdatesCursor.Behind) : UpdatesCursor.Parse(cursor);
        if (updates.Open(now) is not { } window)
        {
            return new SourcePage { Items = [], NextCursor = updates.ToString(), HasMore = false };
        }

        // What we wrote ourselves was read back with the push.
        var answer = await client.GetAsync("products/updates", Query(window, ignoreOwn: true), Lane.Content, cancellationToken);
        if (!answer.Ok || JtlMapper.Part(answer.Json, "data").ValueKind != JsonValueKind.Array)
        {
            return new SourcePage { Items = [], Fault = answer.FaultOrError };
        }

        return new SourcePage
        {
            Items = [.. JtlMapper.List(answer.Json, "data").Where(row => JtlMapper.Jfsku(row) is not null).Select(row => Observe(JtlMapper.Product(row), startedAt, ObservationSource.Poll))],
            NextCursor = window.After(HasMore(answer)).ToString(),
            HasMore = HasMore(answer),
        };
    }

    private static bool HasMore(JtlAnswer answer) => JtlMapper.Part(answer.Json, "moreDataAvailable").ValueKind == JsonValueKind.True;

    private static KeyValuePair<string, string>[] Query(UpdatesCursor window, bool ignoreOwn) =>
    [
        new("fromDate", Text(window.From)), new("toDate", Text(window.To!.Value)), new("page", window.Page.ToString(CultureInfo.InvariantCulture)),
        new("ignoreOwnApplicationId", ignoreOwn ? "true" : "false"), new("ignoreOwnUserId", "false"),
    ];

    private static string Text(DateTimeOffset instant) => instant.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);

    private async Task<(JsonElement? Row, bool IsGone, ChannelFault? Fault)> ReadRowAsync(string jfsku, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync($"products/{Uri.EscapeDataString(jfsku)}", [], Lane.Content, cancellationToken);
        return answer switch
        {
            { Ok: true } when JtlMapper.Jfsku(answer.Json) is not null => (answer.Json, false, null),
            { Effect: JtlEffect.Gone } => (null, true, null),
            _ => (null, false, answer.FaultOrError),
        };
    }

    /// <summary>By SKU; the parameter of that name is ignored by JTL, only the filter works (contract section 8.2).</summary>
    private async Task<(JsonElement? Row, ChannelFault? Fault)> FindBySkuAsync(string sku, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync(
            "products", [new("$filter", $"merchantSku eq '{sku.Replace("'", "''", StringComparison.Ordinal)}'"), new("$top", MaxPerPage.ToString())], Lane.Content, cancellationToken);
        if (!answer.Ok)
        {
            return (null, answer.FaultOrError);
        }

        foreach (var row in JtlMapper.List(answer.Json, "items"))
        {
            // Should the filter be ignored after all, nothing is taken for the product but what has its SKU.
            if (JtlMapper.Jfsku(row) is not null && !JtlMapper.IsDeleted(row) && string.Equals(JtlMapper.Text(row, "merchantSku"), sku, StringComparison.Ordinal))
            {
                return (row, null);
            }
        }

        return (null, null);
    }

    private Observation Observe(ObservedProduct body, DateTimeOffset startedAt, ObservationSource source) => new()
    {
        Channel = settings.Id,
        Body = body,
        Source = source,
        ReadStartedAt = startedAt,
        ReceivedAt = client.Clock.GetUtcNow(),
        ClockOffset = client.ClockOffset,
    };
}
