namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// How many calls one shop's host gets at once: adaptive, because a quick host has room for several while a shared one queues the second. Each answer tells
/// how long a unit of work took; near the best that was seen the limit grows by one per round, far from it or after a failure of the host it is halved.
/// </summary>
internal sealed class WooGate(TimeProvider clock)
{
    public const int Least = 1;
    public const int First = 2;
    public const int Most = 6;
    /// <summary>A unit may take this many times the best before the host counts as crowded, and this many for there to be room.</summary>
    private const double Crowded = 2.5;
    private const double Roomy = 1.6;
    /// <summary>The best is forgotten at this rate per answer, so that a host that got slower for good is not throttled for ever.</summary>
    private const double Forgetting = 1.01;
    /// <summary>What WordPress needs to start, in items of a batch: 30 ms against 9 ms (contract section 12).</summary>
    private const double CallUnits = 3;
    /// <summary>A row that is only read costs about a quarter of one that is written.</summary>
    private const double ReadUnits = 0.25;

    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private double _limit = First;
    private double _best;
    private int _inFlight;
    private long _lastCut;

    public double Limit
    {
        get
        {
            lock (_lock)
            {
                return _limit;
            }
        }
    }

    public static double Units(int written, int read) => CallUnits + written + (read * ReadUnits);

    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_inFlight < (int)_limit && _waiting.Count == 0)
            {
                _inFlight++;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        await using var giveUp = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
        await turn.Task;
    }

    /// <param name="startedAt">The clock's timestamp when the call left.</param>
    /// <param name="elapsed">How long the answer took.</param>
    /// <param name="units">See <see cref="Units"/>.</param>
    /// <param name="isStrained">The host did not answer in time, failed, or asked for fewer calls.</param>
    public void Leave(long startedAt, TimeSpan elapsed, double units, bool isStrained)
    {
        lock (_lock)
        {
            _inFlight--;
            Judge(startedAt, elapsed.TotalMilliseconds / units, isStrained);
            while (_inFlight < (int)_limit && _waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                {
                    _inFlight++;
                }
            }
        }
    }

    private void Judge(long startedAt, double perUnit, bool isStrained)
    {
        if (!isStrained)
        {
            _best = _best == 0 ? perUnit : Math.Min(_best * Forgetting, perUnit);
            if (perUnit < _best * Roomy)
            {
                _limit = Math.Min(Most, _limit + (1 / _limit));
                return;
            }
        }

        // Calls that left before the last cut tell of the time before it.
        if ((isStrained || perUnit > _best * Crowded) && startedAt >= _lastCut)
        {
            _limit = Math.Max(Least, _limit / 2);
            _lastCut = clock.GetTimestamp();
        }
    }
}
