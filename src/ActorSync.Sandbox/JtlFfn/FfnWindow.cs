using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>
/// A timeframe with its pages, as every updates call takes it. Pages follow from the times alone, so a walk with the same from and to sees each change once,
/// whatever happens meanwhile.
/// </summary>
public sealed class FfnWindow
{
    /// <summary>What the network writes into its links, whatever host was called.</summary>
    public const string LinkHost = "https://ffn2.api.jtl-software.com/api";

    private readonly DateTimeOffset from;
    private readonly DateTimeOffset to;
    private readonly int page;
    private readonly bool withoutOwnApplication;
    private readonly bool withoutOwnUser;

    private FfnWindow(DateTimeOffset from, DateTimeOffset to, int page, bool withoutOwnApplication, bool withoutOwnUser)
    {
        this.from = from;
        this.to = to;
        this.page = page;
        this.withoutOwnApplication = withoutOwnApplication;
        this.withoutOwnUser = withoutOwnUser;
    }

    public static FfnWindow Read(IQueryCollection query, DateTimeOffset now)
    {
        var first = Instant(query, "fromDate") ?? DateTimeOffset.UnixEpoch;
        var last = Instant(query, "toDate") ?? now;
        if (last > now)
        {
            throw FfnErrors.Invalid("toDate", $"toDate is {FfnJson.Instant(last)}, which is in the future; it is {FfnJson.Instant(now)} now.");
        }

        if (first > last)
        {
            throw FfnErrors.Invalid("fromDate", $"fromDate is {FfnJson.Instant(first)}, which is after toDate {FfnJson.Instant(last)}.");
        }

        return new FfnWindow(first, last, PageNumber(query), Flag(query, "ignoreOwnApplicationId"), Flag(query, "ignoreOwnUserId"));
    }

    public bool Holds(DateTimeOffset at, string? application, string user, FfnLogin caller) =>
        at >= from && at <= to && !(withoutOwnApplication && application == caller.ClientId) && !(withoutOwnUser && user == FfnIds.Merchant);

    /// <summary>The changes inside, oldest first; none: the object does not belong here.</summary>
    public IReadOnlyList<Modification> Of(IEnumerable<Modification> history, FfnLogin caller) => [.. history.Where(m => Holds(m.At, m.Application, m.User, caller))];

    /// <summary>Objects that changed, by the time of their first change in the window; each with what happened to it in that time.</summary>
    public JsonObject Answer<T>(IEnumerable<T> objects, Func<T, IReadOnlyList<Modification>> history, Func<T, string> id, Func<T, JsonObject> render, FfnLogin caller, string resource, int pageSize)
    {
        var found = objects.Select(o => (Object: o, Changes: Of(history(o), caller))).Where(o => o.Changes.Count > 0)
            .OrderBy(o => o.Changes[0].At).ThenBy(o => id(o.Object), StringComparer.Ordinal).ToList();
        return Answer(found, o =>
        {
            var rendered = render(o.Object);
            rendered["modificationInfo"]!["changesInRange"] = new JsonArray([.. o.Changes.Select(c => (JsonNode)FfnRender.Change(c))]);
            return rendered;
        }, resource, pageSize);
    }

    public JsonObject Answer<T>(IReadOnlyList<T> found, Func<T, JsonObject> render, string resource, int pageSize)
    {
        var answer = new JsonObject
        {
            ["from"] = FfnJson.Instant(from),
            ["to"] = FfnJson.Instant(to),
            ["data"] = new JsonArray([.. found.Skip((page - 1) * pageSize).Take(pageSize).Select(o => (JsonNode)render(o))]),
            ["moreDataAvailable"] = (long)page * pageSize < found.Count,
        };
        if ((long)page * pageSize < found.Count)
        {
            answer["nextChunkUrl"] = $"{LinkHost}/v1/merchant/{resource}?fromDate={Escape(from)}&toDate={Escape(to)}&page={page + 1}"
                + $"&ignoreOwnApplicationId={Text(withoutOwnApplication)}&ignoreOwnUserId={Text(withoutOwnUser)}";
        }

        return answer;
    }

    public static DateTimeOffset? Instant(IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        // A plus sign that was not escaped arrives as a space, and then there is no offset to read.
        return DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at) && !text.Contains(' ', StringComparison.Ordinal)
            ? at : throw FfnErrors.Invalid(name, $"{name} is '{text}' but must be an instant such as 2026-01-05T10:00:00.000%2B00:00.");
    }

    public static int PageNumber(IQueryCollection query)
    {
        const int most = 1_000_000;
        var text = query["page"].ToString();
        return text.Length == 0 ? 1 : int.TryParse(text, out var page) && page is >= 1 and <= most ? page : throw FfnErrors.Invalid("page", $"page is '{text}' but must be a whole number from 1 to {most}.");
    }

    public static bool Flag(IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        return text.Length > 0 && (bool.TryParse(text, out var flag) ? flag : throw FfnErrors.Invalid(name, $"{name} is '{text}' but must be true or false."));
    }

    /// <summary>As the network writes it: 2026-01-05T10%3a00%3a00.000%2b00%3a00.</summary>
    public static string Escape(DateTimeOffset at) => FfnJson.Instant(at).Replace(":", "%3a", StringComparison.Ordinal).Replace("+", "%2b", StringComparison.Ordinal);

    public static string Text(bool flag) => flag ? "true" : "false";
}
