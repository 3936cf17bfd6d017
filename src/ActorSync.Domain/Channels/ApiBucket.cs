using ActorSync.Domain.Products;

namespace ActorSync.Domain.Channels;

/// <summary>
/// The mirror of a channel's leaky bucket and the line of those who wait for it. It is corrected by every answer; between answers it refills by the last known
/// rate. Nothing is sold ahead: who cannot be served now is told when to ask again and keeps the place, and is served once what outranks it is covered too.
/// So stock overtakes at once, and a dear request is not starved by cheap ones. Work that is not stock leaves a tenth of the bucket alone, which is also what
/// answers a sudden drop of the channel's rate.
/// </summary>
public sealed record ApiBucket
{
    public static readonly ApiBucket Unknown = new();

    /// <summary>Bucket size in the channel's units; null until an answer told it: nothing is held back then.</summary>
    public double? Maximum { get; init; }
    /// <summary>Units per second.</summary>
    public double RestorePerSecond { get; init; }
    /// <summary>What is left at <see cref="At"/>, reservations subtracted.</summary>
    public double Available { get; init; }
    public DateTimeOffset At { get; init; }
    /// <summary>Nothing is sent before (a throttled answer without a figure, a Retry-After).</summary>
    public DateTimeOffset NotBefore { get; init; }
    /// <summary>Reserved and not answered yet, oldest first.</summary>
    public ImmutableArray<Grant> Granted { get; init; } = [];
    /// <summary>Who waits, in the order of asking.</summary>
    public ImmutableArray<Waiter> Line { get; init; } = [];

    /// <summary>The share of the bucket that only stock may use.</summary>
    public const double StockShare = 0.1;
    /// <summary>The share of the bucket that leftover work leaves alone: what is pushed finds it there at once.</summary>
    public const double LeftoverFloor = 0.5;
    /// <summary>Places in the line; who finds none asks again after <see cref="LongestWait"/>.</summary>
    public const int LongestLine = 500;
    /// <summary>The longest wait that is told; the caller asks again after it.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    /// <summary>The shortest: below it the asking would cost more than the waiting.</summary>
    public static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);
    /// <summary>Reservations that were never answered (a crashed worker) are forgotten after this.</summary>
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromSeconds(60);
    /// <summary>Who does not ask again within this time after its turn loses the place.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A channel whose answers tell no budget, but whose rate is known beforehand. What an answer told stays.</summary>
    public ApiBucket AtRate(double perSecond, DateTimeOffset now) =>
        Maximum is null ? this with { Maximum = perSecond, Available = perSecond, RestorePerSecond = perSecond, At = now } : this;

    public double InFlight => Granted.Sum(grant => grant.Cost);

    /// <summary>What an answer would say now, less what is reserved and not answered.</summary>
    public double LeftAt(DateTimeOffset now) =>
        Maximum is { } maximum ? Math.Min(maximum - InFlight, Available + RestorePerSecond * Math.Max(0, (now - At).TotalSeconds)) : double.MaxValue;

    /// <summary>Reserves the cost, or says how long to wait before asking again under the same name. A wait of zero means granted.</summary>
    public (ApiBucket Bucket, TimeSpan Wait) Acquire(DateTimeOffset now, string request, double cost, Lane lane)
    {
        var bucket = Forget(now);
        if (bucket.NotBefore > now)
        {
            return bucket.Queue(request, cost, lane, now, bucket.NotBefore - now);
        }

        if (bucket.Maximum is not { } maximum)
        {
            return (bucket.Grant(request, cost, now), TimeSpan.Zero);
        }

        var left = bucket.LeftAt(now);
        var floor = lane switch { Lane.Stock => 0, Lane.Leftover => maximum * LeftoverFloor, _ => maximum * StockShare };
        // A request dearer than the bucket goes out when the bucket is full; the channel will say so.
        var needed = Math.Min(maximum, cost + bucket.Ahead(request, lane) + Math.Min(floor, Math.Max(0, maximum - cost)));
        return left >= needed - Rounding
            ? (bucket.Grant(request, cost, now) with { Available = left - cost, At = now }, TimeSpan.Zero)
            : bucket.Queue(request, cost, lane, now, bucket.RestorePerSecond > 0 ? TimeSpan.FromSeconds((needed - left) / bucket.RestorePerSecond) : LongestWait);
    }

    /// <summary>Corrects the mirror by what an answer said.</summary>
    public ApiBucket Correct(DateTimeOffset now, double reserved, double? actual, double? maximum, double? available, double? restorePerSecond, bool throttled, TimeSpan? retryAfter)
    {
        var next = this with { Granted = Release(reserved) };
        if (maximum is { } size && restorePerSecond is { } rate && available is { } left)
        {
            // The answer has not seen the requests that are still under way: their reservations stay subtracted.
            next = next with { Maximum = size, RestorePerSecond = rate, Available = left - next.InFlight, At = now };
        }
        else if (Maximum is not null)
        {
            next = next with { Available = LeftAt(now) + (reserved - (actual ?? reserved)), At = now };
        }

        return throttled ? next with { NotBefore = now + (retryAfter ?? TimeSpan.FromSeconds(1)) } : next;
    }

    private const double Rounding = 1e-6;

    private ApiBucket Grant(string request, double cost, DateTimeOffset now) =>
        this with { Granted = Granted.Add(new Grant(cost, now)), Line = Line.RemoveAll(waiter => waiter.Request == request) };

    private (ApiBucket Bucket, TimeSpan Wait) Queue(string request, double cost, Lane lane, DateTimeOffset now, TimeSpan wait)
    {
        wait = TimeSpan.FromTicks(Math.Clamp(wait.Ticks, ShortestWait.Ticks, LongestWait.Ticks));
        var place = new Waiter(request, cost, lane, now + wait);
        var index = IndexOf(request);
        var line = index >= 0 ? Line.SetItem(index, place) : Line.Length < LongestLine ? Line.Add(place) : Line;
        return (this with { Line = line }, wait);
    }

    /// <summary>What those cost who are to be served before: a more urgent lane, or the same one and earlier in line.</summary>
    private double Ahead(string request, Lane lane)
    {
        var own = IndexOf(request);
        var cost = 0.0;
        for (var i = 0; i < Line.Length; i++)
        {
            if (Line[i].Lane < lane || (Line[i].Lane == lane && (own < 0 || i < own)))
            {
                cost += Line[i].Cost;
            }
        }

        return cost;
    }

    private int IndexOf(string request)
    {
        for (var i = 0; i < Line.Length; i++)
        {
            if (Line[i].Request == request)
            {
                return i;
            }
        }

        return -1;
    }

    private ImmutableArray<Grant> Release(double reserved)
    {
        for (var i = 0; i < Granted.Length; i++)
        {
            if (Math.Abs(Granted[i].Cost - reserved) < Rounding)
            {
                return Granted.RemoveAt(i);
            }
        }

        return Granted;
    }

    private ApiBucket Forget(DateTimeOffset now)
    {
        var stale = Granted.Length > 0 && now - Granted[0].At > ForgetAfter;
        return this with
        {
            Granted = stale ? Granted.RemoveAll(grant => now - grant.At > ForgetAfter) : Granted,
            Line = Line.Any(waiter => now > waiter.AskAgainAt + Patience) ? Line.RemoveAll(waiter => now > waiter.AskAgainAt + Patience) : Line,
        };
    }
}

/// <summary>A reservation under way.</summary>
public readonly record struct Grant(double Cost, DateTimeOffset At);

/// <summary>A place in the line: it is kept as long as its holder asks again in time.</summary>
public readonly record struct Waiter(string Request, double Cost, Lane Lane, DateTimeOffset AskAgainAt);
