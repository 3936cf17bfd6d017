using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

internal sealed partial class WooChannel
{
    private const int MaxIdsPerRead = 100;
    private const int MaxVariationPages = 50;
    /// <summary>Families of one push that are read or written side by side; how many calls are under way is the gate's business.</summary>
    private const int ParallelParents = WooGate.Most;
    private const string EveryStatus = "publish,draft,private,pending,future,trash";

    public async Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        var scan = ScanCursor.Parse(cursor);
        var perPage = Math.Clamp(size + 1, 2, MaxPerPage);
        var offset = Math.Max(0, scan.Seen - 1);
        for (var step = perPage - 1; ; step *= 2)
        {
            var startedAt = client.Clock.GetUtcNow();
            var answer = await client.GetAsync(
                "products", EditQuery(perPage, new("orderby", "id"), new("order", "asc"), new("offset", offset.ToString())), Lane.Content, cancellationToken);
            if (!IsList(answer))
            {
                return Failed(answer.FaultOrError);
            }

            var rows = Rows(answer);
            if (offset > 0 && (rows.Length == 0 || WooMapper.Number(rows[0], "id") > scan.LastId))
            {
                // Rows before this page were deleted: the rest moved forward, so look again from further back until the last known row is met.
                offset = Math.Max(0, offset - step);
                continue;
            }

            var fresh = rows.Where(row => WooMapper.Number(row, "id") > scan.LastId).ToArray();
            var (items, fault) = await CompleteAsync(fresh, startedAt, ObservationSource.Import, Lane.Content, cancellationToken);
            if (fault is not null)
            {
                return Failed(fault);
            }

            var isLast = rows.Length < perPage;
            var next = rows.Length == 0 ? scan : new ScanCursor(offset + rows.Length, Math.Max(scan.LastId, WooMapper.Number(rows[^1], "id")));
            return new SourcePage { Items = items, NextCursor = isLast ? null : next.ToString(), Total = answer.Total };
        }
    }

    public async Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken)
    {
        if (externalIds.IsDefaultOrEmpty)
        {
            return new SourcePage { Items = [] };
        }

        if (externalIds.Length > MaxIdsPerRead)
        {
            throw new ArgumentException($"{externalIds.Length} ids were asked for in one read; at most {MaxIdsPerRead} are answered.", nameof(externalIds));
        }

        var startedAt = client.Clock.GetUtcNow();
        var (rows, fault) = await ReadRowsAsync(externalIds, Lane.Content, cancellationToken);
        if (fault is not null)
        {
            return Failed(fault);
        }

        var living = externalIds.Distinct(StringComparer.Ordinal).Where(id => rows.TryGetValue(id, out var row) && !WooMapper.IsTrash(row)).Select(id => rows[id]).ToArray();
        var (items, variationFault) = await CompleteAsync(living, startedAt, ObservationSource.Read, Lane.Content, cancellationToken);
        if (variationFault is not null)
        {
            return Failed(variationFault);
        }

        var byId = items.ToDictionary(item => item.Body.ExternalId, StringComparer.Ordinal);
        return new SourcePage
        {
            Items =
            [
                .. externalIds.Select(id => byId.TryGetValue(id, out var found)
                    ? found
                    : Observe(WooMapper.Gone(id, rows.TryGetValue(id, out var row) ? WooMapper.Version(row) : Stamp.Zero), startedAt, ObservationSource.Read)),
            ],
        };
    }

    public async Task<ObservedProduct?> FindAsync(PushItem item, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item);
        var (found, fault) = await FindCandidatesAsync([item with { MayHaveHappened = true }], withTrash: true, LaneOf(item), cancellationToken);
        if (fault is not null)
        {
            throw new ChannelUnavailableException(fault);
        }

        var candidates = found[item.Product];
        var chosen = candidates.FirstOrDefault(row => WooMapper.HubId(row) == item.Product.Value);
        if (chosen.ValueKind == JsonValueKind.Object && !WooMapper.IsTrash(chosen) && WooMapper.Text(chosen, "sku") == WooFields.InterimSku(item.Product))
        {
            // Begun and not finished: the next create goes on with it.
            return null;
        }

        if (chosen.ValueKind == JsonValueKind.Undefined)
        {
            var strangers = candidates.Where(row => WooMapper.HubId(row) is null).ToArray();
            if (strangers.Length == 0)
            {
                return null;
            }

            chosen = strangers[0];
        }

        if (WooMapper.IsTrash(chosen))
        {
            return WooMapper.Gone(WooMapper.Id(chosen), WooMapper.Version(chosen)) with { HubId = WooMapper.HubId(chosen) };
        }

        var (items, variationFault) = await CompleteAsync([chosen], client.Clock.GetUtcNow(), ObservationSource.Read, LaneOf(item), cancellationToken);
        return variationFault is null ? items[0].Body : throw new ChannelUnavailableException(variationFault);
    }

    public async Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        if (cursor is null)
        {
            return await BeginPollAsync(cancellationToken);
        }

        var poll = PollCursor.Parse(cursor);
        var perPage = Math.Clamp(size, 1, MaxPerPage);
        var after = DateTimeOffset.FromUnixTimeSeconds(poll.After).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        var startedAt = client.Clock.GetUtcNow();
        // Without a zone and with dates_are_gmt: a Z here would shift the filter by the shop's zone.
        var answer = await client.GetAsync(
            "products",
            EditQuery(
                perPage, new("modified_after", after), new("dates_are_gmt", "true"), new("orderby", "modified"), new("order", "asc"),
                new("include_status", EveryStatus), new("page", poll.Page.ToString())),
            Lane.Content, cancellationToken);
        if (!IsList(answer))
        {
            return Failed(answer.FaultOrError);
        }

        var rows = Rows(answer);
        var marks = rows.Select(row => (Id: WooMapper.Id(row), Modified: WooMapper.Version(row).Seconds)).ToArray();
        var fresh = rows.Where((_, index) => !poll.Told.Contains(PollCursor.Key(marks[index]))).ToArray();
        var (living, fault) = await CompleteAsync([.. fresh.Where(row => !WooMapper.IsTrash(row))], startedAt, ObservationSource.Poll, Lane.Content, cancellationToken);
        if (fault is not null)
        {
            return Failed(fault);
        }

        var trashed = fresh.Where(WooMapper.IsTrash).Select(row => Observe(WooMapper.Gone(WooMapper.Id(row), WooMapper.Version(row)), startedAt, ObservationSource.Poll));
        return new SourcePage { Items = [.. living, .. trashed], NextCursor = poll.Next(marks, rows.Length == perPage).ToString(), HasMore = rows.Length == perPage, Total = answer.Total };
    }

    public string CursorAt(DateTimeOffset since) => new PollCursor((since + client.ClockOffset - PollCursor.Overlap).ToUnixTimeSeconds(), 1, []).ToString();

    private async Task<SourcePage> BeginPollAsync(CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync("products", [new("per_page", "1"), new("_fields", "id")], Lane.Content, cancellationToken);
        if (!IsList(answer))
        {
            return Failed(answer.FaultOrError);
        }

        var now = client.Clock.GetUtcNow() + client.ClockOffset - PollCursor.Overlap;
        return new SourcePage { Items = [], NextCursor = new PollCursor(now.ToUnixTimeSeconds(), 1, []).ToString() };
    }

    /// <summary>Rows by id, trash included; an id that the shop does not know is missing. Absence from a list is confirmed one by one.</summary>
    private async Task<(Dictionary<string, JsonElement> Rows, ChannelFault? Fault)> ReadRowsAsync(IReadOnlyCollection<string> ids, Lane lane, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var wanted = ids.Where(id => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Distinct(StringComparer.Ordinal).ToArray();
        foreach (var chunk in wanted.Chunk(MaxIdsPerRead))
        {
            var answer = await client.GetAsync("products", EditQuery(MaxPerPage, [new("include", string.Join(',', chunk))]), lane, cancellationToken);
            if (!IsList(answer))
            {
                return (rows, answer.FaultOrError);
            }

            foreach (var row in Rows(answer))
            {
                rows[WooMapper.Id(row)] = row;
            }
        }

        foreach (var id in wanted.Where(id => !rows.ContainsKey(id)))
        {
            var answer = await client.GetAsync($"products/{id}", [new("context", "edit"), new("_fields", WooFields.Members)], lane, cancellationToken);
            if (answer.Ok && WooMapper.Number(answer.Json, "parent_id") == 0)
            {
                rows[id] = answer.Json;
            }
            else if (!answer.Ok && answer.Effect != WooEffect.Gone)
            {
                return (rows, answer.FaultOrError);
            }
        }

        return (rows, null);
    }

    /// <summary>Adds their variations to product rows, a few parents at a time.</summary>
    private async Task<(ImmutableArray<Observation> Items, ChannelFault? Fault)> CompleteAsync(
        JsonElement[] rows, DateTimeOffset startedAt, ObservationSource source, Lane lane, CancellationToken cancellationToken)
    {
        var observed = new Observation[rows.Length];
        var failed = rows.Length == 0 ? null : await terms.LearnAsync(rows, lane, cancellationToken);
        if (failed is not null)
        {
            return ([], failed);
        }

        await Parallel.ForAsync(0, rows.Length, AFewAtATime(cancellationToken), async (index, token) =>
        {
            var row = rows[index];
            List<JsonElement>? variations = null;
            if (WooMapper.IsVariable(row) && Volatile.Read(ref failed) is null)
            {
                (variations, var fault) = await ReadVariationsAsync(WooMapper.Id(row), null, lane, token);
                if (fault is not null)
                {
                    Interlocked.CompareExchange(ref failed, fault, null);
                    return;
                }
            }

            observed[index] = Observe(WooMapper.Product(row, variations, WooForm.Edit, client.Clock.GetUtcNow() + client.ClockOffset, terms.Facts), startedAt, source);
        });
        return failed is null ? ([.. observed], null) : ([], failed);
    }

    /// <summary>Variations of a parent, all or those with the given ids. A parent that is gone has none.</summary>
    private async Task<(List<JsonElement> Rows, ChannelFault? Fault)> ReadVariationsAsync(
        string parent, IReadOnlyCollection<string>? ids, Lane lane, CancellationToken cancellationToken)
    {
        var rows = new List<JsonElement>();
        var known = new HashSet<long>();
        for (var page = 1; page <= MaxVariationPages; page++)
        {
            var query = EditQuery(MaxPerPage, new("orderby", "id"), new("order", "asc"), new("page", page.ToString()));
            if (ids is not null)
            {
                query.Add(new("include", string.Join(',', ids)));
            }

            var answer = await client.GetAsync($"products/{parent}/variations", query, lane, cancellationToken);
            if (answer.Effect == WooEffect.Gone)
            {
                return (rows, null);
            }

            if (!IsList(answer))
            {
                return (rows, answer.FaultOrError);
            }

            var found = Rows(answer);
            rows.AddRange(found.Where(row => known.Add(WooMapper.Number(row, "id"))));
            if (found.Length < MaxPerPage)
            {
                return (rows, null);
            }
        }

        return (rows, new ChannelFault
        {
            Kind = ChannelFaultKind.Permanent,
            Code = "TOO_MANY_VARIATIONS",
            Message = $"Product {parent} has more than {MaxVariationPages * MaxPerPage} variations; the hub reads no more than that of one product.",
        });
    }

    private static ParallelOptions AFewAtATime(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = ParallelParents, CancellationToken = cancellationToken };

    private Observation Observe(ObservedProduct body, DateTimeOffset startedAt, ObservationSource source) => new()
    {
        Channel = settings.Id,
        Body = body,
        Source = source,
        ReadStartedAt = startedAt,
        ReceivedAt = client.Clock.GetUtcNow(),
        ClockOffset = client.ClockOffset,
    };

    private static SourcePage Failed(ChannelFault fault) => new() { Items = [], Fault = fault };
}

/// <summary>A question that has no answer but yes or no could not be put to the shop.</summary>
internal sealed class ChannelUnavailableException(ChannelFault fault) : Exception(fault.Message)
{
    public ChannelFault Fault { get; } = fault;
}
