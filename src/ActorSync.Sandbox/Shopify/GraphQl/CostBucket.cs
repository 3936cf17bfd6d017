using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>The points of one app at one shop: twenty seconds' worth, refilled all the time.</summary>
public sealed class CostBucket(TimeProvider clock)
{
    public const int StandardRate = 100;
    public const int SecondsHeld = 20;

    private readonly Lock gate = new();
    private double available = StandardRate * SecondsHeld;
    private int rate = StandardRate;
    private DateTimeOffset at = clock.GetUtcNow();

    public int RestoreRate
    {
        get
        {
            lock (gate)
            {
                return rate;
            }
        }
    }

    /// <summary>Another plan. A better one begins with a full bucket; a lesser one keeps what is left and fits. A test may say what is left.</summary>
    public void Change(int restoreRate, int? left = null)
    {
        lock (gate)
        {
            Refill();
            var size = restoreRate * SecondsHeld;
            available = Math.Min(size, left ?? (restoreRate >= rate ? size : available));
            rate = restoreRate;
        }
    }

    /// <summary>False, and nothing taken, when there is too little.</summary>
    public bool Take(int points)
    {
        lock (gate)
        {
            Refill();
            if (points > available)
            {
                return false;
            }

            available -= points;
            return true;
        }
    }

    public void GiveBack(int points)
    {
        lock (gate)
        {
            Refill();
            available = Math.Min(available + points, rate * SecondsHeld);
        }
    }

    public JsonObject Status()
    {
        lock (gate)
        {
            Refill();
            return new JsonObject { ["maximumAvailable"] = rate * SecondsHeld, ["currentlyAvailable"] = (int)available, ["restoreRate"] = rate };
        }
    }

    private void Refill()
    {
        var now = clock.GetUtcNow();
        available = Math.Min(rate * SecondsHeld, available + ((now - at).TotalSeconds * rate));
        at = now;
    }
}
