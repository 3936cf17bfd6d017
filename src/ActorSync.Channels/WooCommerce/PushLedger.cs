using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <summary>What became of one item while its pieces are written; at the end its outcome.</summary>
internal sealed class PushLedger(PushItem item, DateTimeOffset startedAt, DateTimeOffset? until = null)
{
    private readonly Dictionary<RegisterKey, PushResult> _results = [];
    private readonly List<Rejection> _rejections = [];
    private readonly Dictionary<VariantId, string> _bound = [];
    private readonly List<BoundImage> _boundImages = [];
    private readonly Dictionary<long, JsonElement> _variations = [];
    private readonly Lock _lock = new();
    private JsonElement? _product;
    private string? _error;
    private DateTimeOffset? _retryAt;
    private bool _channelFault;
    private bool _stockWasStale;
    private bool _gone;
    private Stamp _goneVersion;

    public PushItem Item => item;

    public string? ExternalId { get; set; } = item.ExternalId;

    public DateTimeOffset SentAt { get; set; } = startedAt;

    /// <summary>No call for this item begins after this moment: its lease would end before the answer.</summary>
    public DateTimeOffset Until { get; } = until ?? DateTimeOffset.MaxValue;

    /// <summary>Nothing more is to be done for this item.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The product's row as it was before the writes.</summary>
    public JsonElement? Current { get; set; }

    /// <summary>The variations as they were before the writes, by id; null = not read.</summary>
    public Dictionary<string, JsonElement>? CurrentVariations { get; set; }

    public JsonElement? ProductRow => _product;

    /// <summary>A sentence for people about something that worked, though not to the letter.</summary>
    public void Remark(string message)
    {
        lock (_lock)
        {
            _error ??= message;
        }
    }

    /// <summary>The whole item is refused: what was said of single registers no longer counts, because none of them was written.</summary>
    public void RejectWhole(string code, string message)
    {
        lock (_lock)
        {
            _rejections.Clear();
            _rejections.Add(new Rejection { Code = code, Message = message });
            _results.Clear();
            _error = message;
        }

        Close(PushResult.Rejected);
    }

    public void Settle(IEnumerable<RegisterKey> keys, PushResult result)
    {
        lock (_lock)
        {
            foreach (var key in keys)
            {
                _results[key] = result;
            }
        }
    }

    public void Reject(RegisterKey key, string code, string message)
    {
        lock (_lock)
        {
            _rejections.Add(new Rejection { Key = key, Code = code, Message = message });
            _error ??= message;
            _results[key] = PushResult.Rejected;
        }
    }

    /// <summary>Ends the item: what has no result yet gets this one.</summary>
    public void Close(PushResult result, string? error = null)
    {
        lock (_lock)
        {
            _error ??= error;
            foreach (var planned in item.Delta)
            {
                _results.TryAdd(planned.Key, result);
            }
        }

        IsClosed = true;
    }

    public void Fail(IEnumerable<RegisterKey> keys, PushResult result, ChannelFault? fault)
    {
        Settle(keys, result);
        Note(result, fault);
    }

    public void CloseFailed(PushResult result, ChannelFault fault)
    {
        Note(result, fault);
        Close(result);
    }

    public void MarkGone(Stamp version)
    {
        _gone = true;
        _goneVersion = version;
        Close(PushResult.Gone, $"The shop does not know product {ExternalId} any more, or holds it in the trash.");
    }

    public void StaleStock(RegisterKey key)
    {
        lock (_lock)
        {
            _stockWasStale = true;
            _results[key] = PushResult.NotSent;
            _error ??= "The shop's count is not what it was believed to be.";
        }
    }

    public void Saw(JsonElement product)
    {
        lock (_lock)
        {
            _product = product;
        }
    }

    public void SawVariation(JsonElement variation)
    {
        lock (_lock)
        {
            _variations[WooMapper.Number(variation, "id")] = variation;
        }
    }

    public void Bind(VariantId variant, string externalId)
    {
        lock (_lock)
        {
            _bound[variant] = externalId;
        }
    }

    public void Bind(BoundImage image)
    {
        lock (_lock)
        {
            _boundImages.Add(image);
        }
    }

    /// <summary>At least one variation is known to be there.</summary>
    public bool HasVariations => _variations.Count > 0;

    public string? BoundTo(VariantId variant)
    {
        lock (_lock)
        {
            return _bound.GetValueOrDefault(variant);
        }
    }

    private void Note(PushResult result, ChannelFault? fault)
    {
        if (fault is null)
        {
            return;
        }

        lock (_lock)
        {
            _error ??= fault.Message;
            _retryAt ??= fault.RetryAt;
            _channelFault |= result == PushResult.NotSent && fault.Code != WooBatch.OutOfTimeCode;
        }
    }

    /// <param name="now">The shop's clock, which decides whether a sale runs.</param>
    /// <param name="clockOffset">The shop's clock minus ours.</param>
    /// <param name="facts">What the answers are read by.</param>
    public PushOutcome Outcome(DateTimeOffset now, TimeSpan clockOffset, WooFacts facts)
    {
        // Rows may carry more than was asked for (a simple product that becomes a variation); only what was asked for is answered.
        var asked = item.Delta.Select(planned => planned.Key).ToHashSet();
        foreach (var extra in _results.Keys.Where(key => !asked.Contains(key)).ToArray())
        {
            _results.Remove(extra);
        }

        foreach (var planned in item.Delta)
        {
            // Whatever was composed into no row needs no call: the channel holds it already.
            _results.TryAdd(planned.Key, PushResult.Applied);
        }

        var result = _gone ? PushResult.Gone : Overall();
        return new PushOutcome
        {
            Product = item.Product,
            PushId = item.PushId,
            Result = result,
            Exceptions = _gone
                ? ImmutableDictionary<RegisterKey, PushResult>.Empty
                : _results.Where(pair => pair.Value != result).ToImmutableDictionary(pair => pair.Key, pair => pair.Value),
            Rejections = [.. _rejections.Where(r => r.Key is not { } key || asked.Contains(key))],
            Answer = Answer(now, facts),
            Bound = [.. _bound.Select(pair => new VariantLink { Variant = pair.Key, ExternalId = pair.Value })],
            BoundImages = [.. _boundImages],
            ExternalId = ExternalId,
            SentAt = SentAt,
            Error = _error,
            RetryAt = _retryAt,
            StockWasStale = _stockWasStale,
            IsChannelFault = _channelFault,
            ClockOffset = clockOffset,
        };
    }

    private PushResult Overall()
    {
        // A create that found or made the product is applied, whatever single registers met.
        if (_results.Count == 0 || (item.Action == PushAction.Create && ExternalId is not null && !_results.ContainsValue(PushResult.Unknown)))
        {
            return PushResult.Applied;
        }

        if (_stockWasStale && _bound.Count == 0)
        {
            // The hub has to look at the count before anything else; what was written is told register by register.
            return PushResult.NotSent;
        }

        foreach (var candidate in (ReadOnlySpan<PushResult>)[PushResult.Applied, PushResult.Unknown, PushResult.NotSent, PushResult.Gone, PushResult.Rejected])
        {
            if (_results.ContainsValue(candidate))
            {
                return candidate;
            }
        }

        return PushResult.Applied;
    }

    private ObservedProduct? Answer(DateTimeOffset now, WooFacts facts)
    {
        if (ExternalId is not { } id)
        {
            return null;
        }

        if (_gone)
        {
            return WooMapper.Gone(id, _goneVersion);
        }

        if (_product is null && _variations.Count == 0)
        {
            return null;
        }

        var body = _product is { } row
            ? WooMapper.Product(row, null, WooForm.Edit, now, facts)
            : new ObservedProduct { ExternalId = id, Version = Stamp.Zero };
        if (_variations.Count == 0)
        {
            return body;
        }

        var options = _product is { } parent ? WooMapper.VariationAttributes(parent) : (ImmutableArray<WooOption>?)null;
        return body with
        {
            Variants = [.. _variations.OrderBy(pair => pair.Key).Select(pair => WooMapper.Variant(pair.Value, options, now, facts))],
            VariantsComplete = false,
        };
    }
}
