namespace ActorSync.Channels.Shopify;

/// <summary>What is known of one item while its calls run: a verdict per register, the pieces of the channel's answer, ids bound.</summary>
internal sealed class ShopifyPushState(PushItem item, DateTimeOffset sentAt)
{
    private readonly Dictionary<RegisterKey, PushResult> _verdicts = [];
    private readonly List<Rejection> _rejections = [];
    private readonly List<VariantLink> _bound = [];
    private readonly List<BoundImage> _boundImages = [];
    private readonly Dictionary<string, ObservedVariant> _variants = new(StringComparer.Ordinal);
    private ObservedProduct? _answer;
    private string? _error;
    private bool _isGone;
    private bool _isWhole;

    public PushItem Item => item;

    /// <summary>A failure of the channel as a whole: nothing more is sent for this item.</summary>
    public ChannelFault? Fault { get; private set; }
    public bool StockWasStale { get; set; }
    /// <summary>The create took effect or an earlier one was found.</summary>
    public bool IsLinked { get; private set; }
    public bool IsOver => Fault is not null || _isGone;

    public IEnumerable<PlannedValue> Undecided => item.Delta.Where(planned => !_verdicts.ContainsKey(planned.Key));

    public void Mark(IEnumerable<RegisterKey> keys, PushResult result)
    {
        foreach (var key in keys)
        {
            _verdicts[key] = result;
        }
    }

    public void Reject(RegisterKey? key, string code, string message)
    {
        _rejections.Add(new Rejection { Key = key, Code = code, Message = message });
        _error ??= message;
        if (key is { } known)
        {
            _verdicts[known] = PushResult.Rejected;
        }
        else
        {
            Mark(Undecided.Select(planned => planned.Key).ToArray(), PushResult.Rejected);
        }
    }

    public void NotSent(IEnumerable<RegisterKey> keys, string reason)
    {
        Mark(keys, PushResult.NotSent);
        _error ??= reason;
    }

    /// <summary>The call that wrote <paramref name="keys"/> failed as a whole.</summary>
    public void Fail(IEnumerable<RegisterKey> keys, ChannelFault fault, bool mayHaveHappened)
    {
        var all = keys.ToArray();
        _error ??= fault.Message;
        if (fault.Kind == ChannelFaultKind.Permanent && !mayHaveHappened)
        {
            foreach (var key in all)
            {
                Reject(key, fault.Code, fault.Message);
            }

            return;
        }

        Mark(all, mayHaveHappened ? PushResult.Unknown : PushResult.NotSent);
        Fault = fault;
    }

    public void Gone(string message)
    {
        _isGone = true;
        _error ??= message;
        Mark(Undecided.Select(planned => planned.Key).ToArray(), PushResult.Gone);
    }

    /// <summary>Bound to the channel's product: the answer of a create, or what an earlier one left behind.</summary>
    public void Link(ObservedProduct product, IEnumerable<VariantLink> bound)
    {
        IsLinked = true;
        _bound.AddRange(bound);
        Learn(product);
    }

    public void Bind(VariantLink link) => _bound.Add(link);

    public void Bind(BoundImage image) => _boundImages.Add(image);

    /// <summary>A piece of the channel's object after a write. Later pieces win field by field.</summary>
    public void Learn(ObservedProduct piece)
    {
        _isWhole |= piece.VariantsComplete;
        _answer = _answer is null ? piece : _answer with
        {
            Version = Stamp.Max(_answer.Version, piece.Version),
            Fields = _answer.Fields.SetItems(piece.Fields),
            Sets = _answer.Sets.SetItems(piece.Sets),
            Options = piece.Options ?? _answer.Options,
            HubId = piece.HubId ?? _answer.HubId,
        };
        foreach (var variant in piece.Variants)
        {
            Learn(variant);
        }
    }

    public void Learn(ObservedVariant piece)
    {
        if (!_variants.TryGetValue(piece.ExternalId, out var known))
        {
            _variants[piece.ExternalId] = piece;
            return;
        }

        _variants[piece.ExternalId] = known with
        {
            StockItemId = piece.StockItemId ?? known.StockItemId,
            Version = known.Version is { } old && piece.Version is { } version ? Stamp.Max(old, version) : piece.Version ?? known.Version,
            Fields = known.Fields.SetItems(piece.Fields),
            OptionValues = piece.OptionValues ?? known.OptionValues,
            Stock = [.. known.Stock.Where(old => !piece.Stock.Any(level => level.LocationId == old.LocationId)), .. piece.Stock],
        };
    }

    public void Learn(string productId, Stamp version) => Learn(new ObservedProduct { ExternalId = productId, Version = version });

    /// <param name="clockOffset">The channel's clock minus ours, as its last answer showed it.</param>
    public PushOutcome ToOutcome(TimeSpan clockOffset)
    {
        foreach (var planned in Undecided.ToArray())
        {
            _verdicts[planned.Key] = PushResult.NotSent;
        }

        var result = Overall();
        var answer = _answer ?? (_variants.Count > 0 ? new ObservedProduct { ExternalId = item.ExternalId ?? "", Version = Stamp.Zero } : null);
        return new PushOutcome
        {
            Product = item.Product,
            PushId = item.PushId,
            Result = result,
            Exceptions = _verdicts.Where(pair => pair.Value != result).ToImmutableDictionary(),
            Rejections = [.. _rejections],
            Answer = answer is null ? null : answer with { Variants = [.. _variants.Values], VariantsComplete = _isWhole },
            Bound = [.. _bound],
            BoundImages = [.. _boundImages],
            ExternalId = IsLinked ? _answer!.ExternalId : item.ExternalId,
            SentAt = sentAt,
            Error = result == PushResult.Applied && _verdicts.Values.All(verdict => verdict == PushResult.Applied) ? null : _error,
            RetryAt = Fault?.RetryAt,
            StockWasStale = StockWasStale,
            ClockOffset = clockOffset,
            IsChannelFault = Fault is { Kind: not ChannelFaultKind.Permanent },
        };
    }

    /// <summary>The verdict that speaks for the item: an effect outweighs doubt, doubt outweighs nothing, and a refusal must not hide any of them.</summary>
    private PushResult Overall()
    {
        if (_isGone)
        {
            return PushResult.Gone;
        }

        if (IsLinked || _verdicts.ContainsValue(PushResult.Applied))
        {
            return PushResult.Applied;
        }

        foreach (var result in (PushResult[])[PushResult.Unknown, PushResult.NotSent, PushResult.Rejected, PushResult.Gone])
        {
            if (_verdicts.ContainsValue(result))
            {
                return result;
            }
        }

        return _rejections.Count > 0 ? PushResult.Rejected : Fault is null ? PushResult.Applied : PushResult.NotSent;
    }
}
