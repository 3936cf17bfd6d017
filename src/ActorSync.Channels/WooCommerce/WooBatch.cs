namespace ActorSync.Channels.WooCommerce;

/// <summary>How many rows go into one call: as many as the shop finishes well inside the push lease. Halved when it is slow, grown slowly.</summary>
internal sealed class WooBatchSize
{
    public const int Smallest = 1;
    public const int Largest = 50;
    public const int First = 25;
    private const int GrowBy = 5;
    /// <summary>A create costs the shop about twice an update.</summary>
    public const int CreateWeight = 2;
    private static readonly TimeSpan QuickAnswer = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(8);
    private readonly Lock _lock = new();
    private int _rows = First;
    private int _ceiling = Largest;

    public int Rows
    {
        get
        {
            lock (_lock)
            {
                return _rows;
            }
        }
    }

    public void Learn(int sent, WooAnswer answer, TimeSpan elapsed)
    {
        lock (_lock)
        {
            if (answer.IsTooLarge || elapsed > SlowAnswer)
            {
                // A size that was refused is not tried again; one that was slow may be quick another day.
                _ceiling = answer.IsRefusedForSize ? Math.Clamp(sent - 1, Smallest, _ceiling) : _ceiling;
                _rows = Math.Clamp(sent / 2, Smallest, _ceiling);
            }
            else if (answer.Ok && elapsed < QuickAnswer)
            {
                _rows = Math.Min(_rows + Math.Min(GrowBy, (_ceiling - _rows + 1) / 2), _ceiling);
            }
        }
    }
}

/// <summary>What <see cref="WooChannel"/> found of rows whose call ended without a word.</summary>
internal sealed record WooRecheck(IReadOnlyList<WooRowResult> Settled, IReadOnlyList<WooWrite> Again);

/// <summary>
/// The order in which rows are sent, and what becomes of a call that fails as a whole. Such a call of n rows is halved: the row that the host cannot bear is
/// carried by at most ⌈log2 n⌉ + 1 calls before it stands alone. If the first half passes, the row is known to be in the second, which is not sent whole again.
/// </summary>
internal sealed class WooBatch(IEnumerable<WooWrite> writes, WooBatchSize size, TimeProvider clock)
{
    public const string OutOfTimeCode = "OUT_OF_TIME";
    public static readonly ChannelFault OutOfTime = new()
    {
        Kind = ChannelFaultKind.Transient,
        Code = OutOfTimeCode,
        Message = "The shop is so slow that this item's turn did not come before the push had to end; it comes with the next one.",
    };

    private readonly LinkedList<WooWrite> _fresh = new(writes);
    private List<WooWrite>? _suspects;
    private List<WooWrite> _chunk = [];
    private List<WooWrite> _sibling = [];
    private ChannelFault? _down;
    private bool _hasSucceeded;
    private bool _hasFailedAlone;

    public List<WooRowResult> Results { get; } = [];

    /// <summary>The rows of the next call; null when all have their result.</summary>
    public List<WooWrite>? Next()
    {
        while (_suspects is { Count: > 0 } || _fresh.Count > 0)
        {
            _sibling = [];
            if (_suspects is { Count: > 0 } suspects)
            {
                var half = (suspects.Count + 1) / 2;
                _chunk = suspects[..half];
                _sibling = suspects[half..];
                _suspects = null;
            }
            else
            {
                _chunk = TakeFresh();
            }

            if (_down is null && _chunk.All(write => clock.GetUtcNow() < write.Ledger.Until))
            {
                return _chunk;
            }

            foreach (var write in _chunk.Concat(_sibling))
            {
                Results.Add(new WooRowResult(write, WooEffect.NotSent, default, null, _down ?? OutOfTime, clock.GetUtcNow()));
            }
        }

        return null;
    }

    public void Done(IEnumerable<WooRowResult> results)
    {
        Results.AddRange(results);
        _hasSucceeded = true;
        if (_sibling.Count > 0)
        {
            _suspects = _sibling;
        }
    }

    /// <summary>True when the rows will be sent again, in halves.</summary>
    public bool Fail(WooAnswer answer)
    {
        // The other half has done nothing wrong.
        Return(_sibling);
        _sibling = [];
        var mayBeOneItem = answer.MayBeOneItem;
        // Two calls without a common row have failed and none has passed: that is the host, not a row.
        var isHost = mayBeOneItem && _hasFailedAlone && !_hasSucceeded;
        if (_chunk.Count > 1 && !isHost && (answer.IsTooLarge || mayBeOneItem))
        {
            if (mayBeOneItem)
            {
                _suspects = _chunk;
            }
            else
            {
                Return(_chunk);
            }

            return true;
        }

        var error = answer.Error;
        var effect = answer.Effect;
        if (_hasSucceeded && answer.Fault is { Code: WooErrors.Firewall } page)
        {
            (effect, error) = (WooEffect.Refused, new WooError { Code = page.Code, Message = page.Message });
        }

        Results.AddRange(_chunk.Select(write => new WooRowResult(write, effect, default, error, answer.Fault, answer.SentAt)));
        _hasFailedAlone |= mayBeOneItem;
        _down = effect == WooEffect.NotSent || isHost ? answer.Fault : null;
        return false;
    }

    /// <summary>Takes in what a look at the shop has shown of the rows of the last call.</summary>
    public void Looked(WooRecheck recheck)
    {
        Results.AddRange(recheck.Settled);
        var again = recheck.Again.ToHashSet();
        if (_suspects is { } suspects)
        {
            _suspects = [.. suspects.Where(again.Contains)];
            return;
        }

        foreach (var write in _chunk.Where(write => !again.Contains(write)))
        {
            _fresh.Remove(write);
        }
    }

    private List<WooWrite> TakeFresh()
    {
        var chunk = new List<WooWrite>();
        var room = size.Rows;
        do
        {
            var write = _fresh.First!.Value;
            _fresh.RemoveFirst();
            chunk.Add(write);
            room -= write.Kind == WooWriteKind.Create ? WooBatchSize.CreateWeight : 1;
        }
        while (room > 0 && _fresh.Count > 0);
        return chunk;
    }

    private void Return(List<WooWrite> rows)
    {
        for (var i = rows.Count - 1; i >= 0; i--)
        {
            _fresh.AddFirst(rows[i]);
        }
    }
}
