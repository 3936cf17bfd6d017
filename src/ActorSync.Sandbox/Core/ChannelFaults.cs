using System.Collections.Concurrent;
using System.Text.Json;

namespace ActorSync.Sandbox.Core;

/// <summary>
/// What goes wrong at one channel, changed at any time by POST /_control/faults. Rates are probabilities from 0 to 1; one-shots are counters
/// that fall with each use, so that a test can break exactly the next call.
/// </summary>
public sealed class ChannelFaults
{
    public const int DefaultWebhookDelayMs = 200;
    private const int LongestMs = 600_000;
    private const int MostOneShots = 1_000_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, double> values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> oneShots = new(StringComparer.Ordinal);
    private static readonly string[] Rates =
        ["errorRate", "throttleRate", "failAfterEffectRate", "webhookLoss", "webhookDuplicate", "webhookShuffle", "webhookStale"];
    private static readonly string[] Durations = ["latencyMs", "webhookDelayMs", "hangMs"];

    public double ErrorRate => Read("errorRate");
    public double ThrottleRate => Read("throttleRate");

    /// <summary>Share of writes that take effect and then answer 500.</summary>
    public double FailAfterEffectRate => Read("failAfterEffectRate");
    public TimeSpan Latency => TimeSpan.FromMilliseconds(Read("latencyMs"));
    public TimeSpan WebhookDelay => TimeSpan.FromMilliseconds(Read("webhookDelayMs", DefaultWebhookDelayMs));
    public double WebhookLoss => Read("webhookLoss");
    public double WebhookDuplicate => Read("webhookDuplicate");

    /// <summary>Share of webhooks that are held back up to <see cref="WebhookDispatcher.ShuffleWindow"/>, so that later ones overtake them.</summary>
    public double WebhookShuffle => Read("webhookShuffle");

    /// <summary>Share of webhooks whose body is made when the change happens instead of when it is sent, so that an old body arrives late.</summary>
    public double WebhookStale => Read("webhookStale");

    /// <summary>How long a request is held that the one-shot <see cref="OneShot.Hang"/> caught; then its connection is cut.</summary>
    public TimeSpan HangFor => TimeSpan.FromMilliseconds(Read("hangMs", 30_000));

    /// <summary>True, and one fewer left, when the one-shot was armed.</summary>
    public bool Take(string oneShot)
    {
        lock (gate)
        {
            if (!oneShots.TryGetValue(oneShot, out var left) || left <= 0)
            {
                return false;
            }

            oneShots[oneShot] = left - 1;
            return true;
        }
    }

    public bool IsArmed(string oneShot)
    {
        lock (gate)
        {
            return oneShots.TryGetValue(oneShot, out var left) && left > 0;
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            values.Clear();
            oneShots.Clear();
        }
    }

    /// <summary>Changes the members that are named and no others; returns what is wrong, and then nothing has changed.</summary>
    public string? Update(JsonElement body)
    {
        var newValues = new Dictionary<string, double>(StringComparer.Ordinal);
        var newShots = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in body.EnumerateObject())
        {
            if (member.NameEquals("channel"))
            {
                continue;
            }

            var number = member.Value.ValueKind switch
            {
                JsonValueKind.Number => member.Value.GetDouble(),
                JsonValueKind.True => 1,
                JsonValueKind.False => 0,
                _ => double.NaN,
            };
            if (Rates.Contains(member.Name, StringComparer.Ordinal))
            {
                if (number is not (>= 0 and <= 1))
                {
                    return $"{member.Name} is {member.Value.GetRawText()} but must be a number from 0 to 1.";
                }

                newValues[member.Name] = number;
            }
            else if (Durations.Contains(member.Name, StringComparer.Ordinal))
            {
                if (number is not (>= 0 and <= LongestMs))
                {
                    return $"{member.Name} is {member.Value.GetRawText()} but must be milliseconds from 0 to {LongestMs}.";
                }

                newValues[member.Name] = number;
            }
            else if (OneShot.All.Contains(member.Name, StringComparer.Ordinal))
            {
                if (number is not (>= 0 and <= MostOneShots) || number != Math.Floor(number))
                {
                    return $"{member.Name} is {member.Value.GetRawText()} but must be a whole number of calls from 0 to {MostOneShots}.";
                }

                newShots[member.Name] = (int)number;
            }
            else
            {
                return $"'{member.Name}' is not a fault. Known: {string.Join(", ", [.. Rates, .. Durations, .. OneShot.All])}.";
            }
        }

        lock (gate)
        {
            foreach (var (name, value) in newValues)
            {
                values[name] = value;
            }

            foreach (var (name, count) in newShots)
            {
                oneShots[name] = count;
            }
        }

        return null;
    }

    /// <summary>Everything with its present value, in the words of the control call.</summary>
    public IReadOnlyDictionary<string, double> Describe()
    {
        var described = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        lock (gate)
        {
            foreach (var name in Rates)
            {
                described[name] = values.GetValueOrDefault(name);
            }

            described["latencyMs"] = values.GetValueOrDefault("latencyMs");
            described["webhookDelayMs"] = values.GetValueOrDefault("webhookDelayMs", DefaultWebhookDelayMs);
            described["hangMs"] = values.GetValueOrDefault("hangMs", 30_000);
            foreach (var name in OneShot.All)
            {
                described[name] = oneShots.GetValueOrDefault(name);
            }
        }

        return new SortedDictionary<string, double>(described, StringComparer.Ordinal);
    }

    /// <summary>Those that differ from an untouched channel's.</summary>
    public IEnumerable<KeyValuePair<string, double>> Changed()
    {
        var untouched = new ChannelFaults().Describe();
        return Describe().Where(f => f.Value != untouched[f.Key]);
    }

    private double Read(string name, double fallback = 0)
    {
        lock (gate)
        {
            return values.GetValueOrDefault(name, fallback);
        }
    }
}

/// <summary>Faults that happen to the next n calls.</summary>
public static class OneShot
{
    /// <summary>Answer 500, nothing done.</summary>
    public const string FailBeforeEffect = "failBeforeEffect";

    /// <summary>The write takes effect, the answer is 500.</summary>
    public const string FailAfterEffect = "failAfterEffect";

    /// <summary>The write takes effect, the connection is cut.</summary>
    public const string CutAfterEffect = "cutAfterEffect";

    /// <summary>The channel's own "too many requests".</summary>
    public const string ThrottleNext = "throttleNext";

    /// <summary>Accepted, nothing done, held for hangMs, then cut.</summary>
    public const string Hang = "hang";

    /// <summary>200 with no body; a write has taken effect.</summary>
    public const string EmptyAnswer = "emptyAnswer";

    /// <summary>A line of text stands before the JSON, as from a plugin that prints warnings.</summary>
    public const string NoiseBeforeJson = "noiseBeforeJson";

    /// <summary>503 with an HTML page, as from a proxy in front of the channel; nothing done.</summary>
    public const string HtmlErrorNext = "htmlErrorNext";

    /// <summary>200 with an HTML page, as from a login wall or a maintenance plugin; nothing done.</summary>
    public const string HtmlAnswerNext = "htmlAnswerNext";

    /// <summary>The answer stops in the middle and the connection is cut.</summary>
    public const string CutMidAnswer = "cutMidAnswer";

    public static readonly IReadOnlyList<string> All =
        [FailBeforeEffect, FailAfterEffect, CutAfterEffect, ThrottleNext, HtmlErrorNext, HtmlAnswerNext, Hang, EmptyAnswer, NoiseBeforeJson, CutMidAnswer];
}
