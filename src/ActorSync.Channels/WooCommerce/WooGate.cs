namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// How many calls one shop's host gets at once: adaptive, because a quick host has room for several while a shared one queues the second. Each answer tells
/// how long a unit of work took; near what it takes alone the limit grows by one per round, far from it or after a failure of the host it is halved. What it takes alone
/// is measured now and then by letting one call run by itself, or a host that queues would teach that queueing is normal.
/// </summary>
internal sealed class WooGate(TimeProvider clock)
{
    public const int Least = 1;
    public const int First = 2;
    public const int Most = 6;
    /// <summary>A unit may take this many times what it takes alone before the host counts as crowded, and this many for there to be room.</summary>
    private const double Crowded = 2.5;
    private const double Roomy = 1.6;
    /// <summary>So many answers pass between two calls that run alone.</summary>
    private const int AnswersBetweenProbes = 100;
    /// <summary>What WordPress needs to start, in items of a batch: 30 ms against 9 ms (contract section 12).</summary>
    private const double CallUnits = 3;
    /// <summary>A row that is only read costs about a quarter of one that is written.</summary>
    private const double ReadUnits = 0.25;

    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private double _limit = First;
    private double _alone;
    private int _answers;
    private long? _probingSince;
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

    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _inFlight;
            }
        }
    }

    private int Places => _probingSince is null ? (int)_limit : 1;

    public static double Units(int written, int read) => CallUnits + written + (read * ReadUnits);

    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_inFlight < Places && _waiting.Count == 0)
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
            while (_inFlight < Places && _waiting.TryDequeue(out var next))
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
        var ranAlone = startedAt >= _probingSince;
        _probingSince = ranAlone ? null : ++_answers % AnswersBetweenProbes == 0 ? clock.GetTimestamp() : _probingSince;
        if (!isStrained)
        {
            _alone = ranAlone || _alone == 0 ? perUnit : Math.Min(_alone, perUnit);
            if (perUnit < _alone * Roomy)
            {
                _limit = Math.Min(Most, _limit + (1 / _limit));
                return;
            }
        }

        // Calls that left before the last cut tell of the time before it.
        if ((isStrained || perUnit > _alone * Crowded) && startedAt >= _lastCut)
        {
            _limit = Math.Max(Least, _limit / 2);
            _lastCut = clock.GetTimestamp();
        }
    }
}
