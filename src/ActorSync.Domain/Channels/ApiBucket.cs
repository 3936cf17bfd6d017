using ActorSync.Domain.Products;

namespace ActorSync.Domain.Channels;

/// <summary>
/// The mirror of a channel's leaky bucket: what may be spent now, and how long a request must wait. It is corrected by every answer; between answers it
/// refills by the last known rate. Work that is not stock leaves a tenth of the bucket alone, so that stock never waits behind the catalogue.
/// </summary>
public sealed record ApiBucket
{
    public static readonly ApiBucket Unknown = new();

    /// <summary>Bucket size in the channel's units; null until an answer told it: nothing is held back then.</summary>
    public double? Maximum { get; init; }
    /// <summary>Units per second.</summary>
    public double RestorePerSecond { get; init; }
    /// <summary>What is left at <see cref="At"/>, reservations subtracted; negative = reserved ahead.</summary>
    public double Available { get; init; }
    public DateTimeOffset At { get; init; }
    /// <summary>Reserved and not answered yet.</summary>
    public double InFlight { get; init; }
    /// <summary>Nothing is sent before (a throttled answer without a figure, a Retry-After).</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>The share of the bucket that only stock may use.</summary>
    public const double StockShare = 0.1;
    /// <summary>The longest wait a reservation is given; the caller asks again after it. Bounds how far ahead the bucket is sold.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    /// <summary>Reservations that were never answered (a crashed worker) are forgotten after this.</summary>
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromSeconds(60);

    public double LeftAt(DateTimeOffset now) =>
        Maximum is { } maximum ? Math.Min(maximum - InFlight, Available + RestorePerSecond * Math.Max(0, (now - At).TotalSeconds)) : double.MaxValue;

    /// <summary>Reserves the cost and says how long to wait before sending.</summary>
    public (ApiBucket Bucket, TimeSpan Wait) Acquire(DateTimeOffset now, double cost, Lane lane)
    {
        var pause = NotBefore > now ? NotBefore - now : TimeSpan.Zero;
        if (Maximum is not { } maximum)
        {
            return (this with { InFlight = InFlight + cost, At = now }, pause);
        }

        var forget = now - At > ForgetAfter ? this with { InFlight = 0, Available = Math.Max(Available, 0) } : this;
        var left = forget.LeftAt(now);
        var floor = lane == Lane.Stock ? 0 : maximum * StockShare;
        var lacking = cost - (left - Math.Min(floor, Math.Max(0, maximum - cost)));
        var wait = lacking <= 0 || RestorePerSecond <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(lacking / RestorePerSecond);
        wait = wait > pause ? wait : pause;
        return (forget with { Available = left - cost, At = now, InFlight = forget.InFlight + cost }, wait < LongestWait ? wait : LongestWait);
    }

    /// <summary>Corrects the mirror by what an answer said.</summary>
    public ApiBucket Correct(DateTimeOffset now, double reserved, double? actual, double? maximum, double? available, double? restorePerSecond, bool throttled, TimeSpan? retryAfter)
    {
        var inFlight = Math.Max(0, InFlight - reserved);
        var next = this with { InFlight = inFlight };
        if (maximum is { } size && restorePerSecond is { } rate && available is { } left)
        {
            // The answer has not seen the requests that are still under way: their reservations stay subtracted.
            next = next with { Maximum = size, RestorePerSecond = rate, Available = left - inFlight, At = now };
        }
        else if (Maximum is not null)
        {
            next = next with { Available = LeftAt(now) + (reserved - (actual ?? reserved)), At = now };
        }

        if (throttled)
        {
            next = next with { NotBefore = now + (retryAfter ?? TimeSpan.FromSeconds(1)) };
        }

        return next;
    }
}
