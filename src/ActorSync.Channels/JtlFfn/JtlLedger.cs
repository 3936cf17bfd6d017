using System.Text.Json;

namespace ActorSync.Channels.JtlFfn;

/// <summary>What became of one item while its variants are written; at the end its outcome.</summary>
internal sealed class JtlLedger(PushItem item, DateTimeOffset startedAt)
{
    private readonly Dictionary<RegisterKey, PushResult> _results = [];
    private readonly List<Rejection> _rejections = [];
    private readonly List<VariantLink> _bound = [];
    private readonly Dictionary<string, JsonElement> _rows = new(StringComparer.Ordinal);
    private string? _error;

    public PushItem Item => item;

    /// <summary>The connection failed; nothing more is sent for this item.</summary>
    public ChannelFault? Fault { get; private set; }

    public IEnumerable<RegisterKey> KeysOf(VariantId variant) => item.Delta.Where(planned => planned.Key.Variant == variant).Select(planned => planned.Key);

    public void Bind(VariantId variant, string jfsku) => _bound.Add(new VariantLink { Variant = variant, ExternalId = jfsku });

    public void Saw(JsonElement row) => _rows[JtlMapper.Jfsku(row)!] = row;

    /// <summary>A sentence for people about something that worked, though not to the letter.</summary>
    public void Remark(string message) => _error ??= message;

    public void Settle(VariantId variant, PushResult result)
    {
        foreach (var key in KeysOf(variant))
        {
            _results[key] = result;
        }
    }

    public void Fail(VariantId variant, PushResult result, ChannelFault fault)
    {
        Settle(variant, result);
        Fault = fault;
        _error ??= fault.Message;
    }

    public void Reject(IEnumerable<RegisterKey> keys, string code, string message)
    {
        foreach (var key in keys)
        {
            _results[key] = PushResult.Rejected;
            _rejections.Add(new Rejection { Key = key, Code = code, Message = message });
        }

        _error ??= message;
    }

    /// <summary>Fields that were left out because JTL cannot hold them.</summary>
    public void Refuse(VariantId variant, IReadOnlyList<(string Field, string Message)> refused)
    {
        foreach (var (field, message) in refused)
        {
            Reject(KeysOf(variant).Where(key => key.Field == field), "NOT_REPRESENTABLE", message);
        }
    }

    /// <summary>JTL does not know this variant's id any more; the next read shows the deletion.</summary>
    public void MarkGone(VariantId variant)
    {
        Settle(variant, PushResult.Gone);
        _error ??= "JTL does not know this product any more, or holds it as inactive.";
    }

    public PushOutcome Outcome(TimeSpan clockOffset)
    {
        foreach (var planned in item.Delta)
        {
            // What was not reached waits; what no variant carries needs no call.
            _results.TryAdd(planned.Key, Fault is null ? PushResult.Applied : PushResult.NotSent);
        }

        var result = Overall();
        var handle = item.ExternalId ?? (_bound.Count > 0 ? _bound[0].ExternalId : null);
        return new PushOutcome
        {
            Product = item.Product,
            PushId = item.PushId,
            Result = result,
            Exceptions = _results.Where(pair => pair.Value != result).ToImmutableDictionary(),
            Rejections = [.. _rejections],
            Answer = handle is null || _rows.Count == 0 ? null : new ObservedProduct
            {
                ExternalId = handle,
                Version = _rows.Values.Max(JtlMapper.Version),
                Variants = [.. _rows.Values.Select(JtlMapper.Variant)],
            },
            Bound = [.. _bound],
            ExternalId = handle,
            SentAt = startedAt,
            Error = _error,
            RetryAt = Fault?.RetryAt,
            IsChannelFault = Fault is { Kind: not ChannelFaultKind.Permanent },
            FaultCode = Fault?.Code,
            ClockOffset = clockOffset,
        };
    }

    /// <summary>The verdict that speaks for the item: an effect outweighs doubt, doubt outweighs nothing, and a refusal must not hide any of them.</summary>
    private PushResult Overall()
    {
        if (_bound.Count > 0 || _results.Count == 0)
        {
            return PushResult.Applied;
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
}
