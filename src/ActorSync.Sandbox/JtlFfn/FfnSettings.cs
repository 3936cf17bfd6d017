using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>What a test or a person sets about the network at POST /_control/jtl-ffn/settings.</summary>
public sealed class FfnSettings
{
    private const int LongestSeconds = 86_400;

    public FfnSettingValues Values { get; private set; } = new();

    public void Reset() => Values = new FfnSettingValues();

    /// <summary>Changes the members that are named and no others; returns what is wrong, and then nothing has changed.</summary>
    public string? Update(JsonElement body)
    {
        try
        {
            var merged = JsonSerializer.SerializeToNode(Values, ControlJson.Options)!.AsObject();
            foreach (var member in body.EnumerateObject())
            {
                merged[member.Name] = JsonNode.Parse(member.Value.GetRawText());
            }

            var values = merged.Deserialize<FfnSettingValues>(ControlJson.Options)!;
            var problem = Check("accessTokenSeconds", values.AccessTokenSeconds, 1, LongestSeconds) ?? Check("updatesPageSize", values.UpdatesPageSize, 1, 1000)
                ?? Check("creationLockMs", values.CreationLockMs, 0, 600_000) ?? Check("clockShiftSeconds", values.ClockShiftSeconds, 0, LongestSeconds)
                ?? Check("quotaLimit", values.QuotaLimit, 0, 1_000_000) ?? Check("quotaIntervalSeconds", values.QuotaIntervalSeconds, 1, LongestSeconds);
            Values = problem is null ? values : Values;
            return problem;
        }
        catch (JsonException wrong)
        {
            return wrong.Message;
        }
    }

    private static string? Check(string name, int value, int least, int most) => value < least || value > most ? $"{name} is {value} but must be from {least} to {most}." : null;
}

public sealed record FfnSettingValues
{
    public int AccessTokenSeconds { get; init; } = 1800;

    /// <summary>The authorize address answers at once, without a person; false shows the consent page.</summary>
    public bool AutoConsent { get; init; } = true;

    /// <summary>False: nobody has logged in to the portal yet, and every call is answered 404.</summary>
    public bool PortalVisited { get; init; } = true;

    /// <summary>Objects in one answer of an updates call and of stocks/complete.</summary>
    public int UpdatesPageSize { get; init; } = 50;

    /// <summary>How long after an outbound was created another one is refused with 423.</summary>
    public int CreationLockMs { get; init; }

    /// <summary>How far the network's clock is ahead of this computer's.</summary>
    public int ClockShiftSeconds { get; init; }

    /// <summary>Calls per interval and application; 0: no quota and no quota headers.</summary>
    public int QuotaLimit { get; init; }

    public int QuotaIntervalSeconds { get; init; } = 60;

    /// <summary>Whether a 429 says when to come back.</summary>
    public bool QuotaRetryAfter { get; init; } = true;

    internal TimeSpan CreationLock => TimeSpan.FromMilliseconds(CreationLockMs);
}
