using System.Text.Json;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>
/// The machine below the site, changed by POST /_control/woocommerce/host: how many calls PHP runs at once, how long an item of a batch takes it, what its
/// firewall does not let in and what kills it. All off at the start: a demo has a fast host.
/// </summary>
public sealed class WooHost(TimeProvider clock)
{
    private const int MostWorkers = 1000;
    private const int LongestMs = 60_000;
    private const string Page413 = "<html><head><title>413 Request Entity Too Large</title></head><body><h1>413 Request Entity Too Large</h1></body></html>";
    private const string Page200 = "<html><head><title>One moment</title></head><body><h1>Checking your browser</h1></body></html>";
    private static readonly string[] Numbers = ["maintenance", "workers", "mostBatchItems", "perCallMs", "perUpdateMs", "perCreateMs"];
    private static readonly string[] Texts = ["refusedText", "refusedAs", "fatalText"];
    private static readonly string[] WaysToRefuse = ["413", "500", "html", "hang"];

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    private SemaphoreSlim? workers;
    private int inFlight;

    /// <summary>The most calls that were there at once since the last change of a lever.</summary>
    public int MostInFlight { get; private set; }

    /// <summary>Calls with items since the last change of a lever, and those of them that carried the refused or fatal text.</summary>
    public int Batches { get; private set; }

    public int BatchesWithText { get; private set; }

    /// <summary>Waits for a free worker.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        SemaphoreSlim? slots;
        lock (gate)
        {
            slots = workers;
            inFlight++;
            MostInFlight = Math.Max(MostInFlight, inFlight);
        }

        var leave = new Leave(this, slots);
        try
        {
            if (slots is not null)
            {
                await slots.WaitAsync(cancellationToken);
            }
        }
        catch
        {
            leave.Forget();
            throw;
        }

        return leave;
    }

    public bool TakeMaintenance()
    {
        lock (gate)
        {
            if (Number("maintenance") is not (> 0 and var left))
            {
                return false;
            }

            numbers["maintenance"] = left - 1;
            return true;
        }
    }

    /// <summary>True when the host has answered itself and the site never hears of the request.</summary>
    public async Task<bool> RefuseAsync(HttpContext context, WooRequest request, Func<Task> fail)
    {
        var items = request.BatchItems;
        var text = Text("refusedText");
        bool carries;
        lock (gate)
        {
            carries = items > 0 && ((text is not null && Contains(request.Body, text)) || (Text("fatalText") is { } fatal && Contains(request.Body, fatal)));
            Batches += items > 0 ? 1 : 0;
            BatchesWithText += carries ? 1 : 0;
        }

        var isTooLarge = Number("mostBatchItems") is > 0 and var most && items > most;
        if (!isTooLarge && !(items > 0 && text is not null && Contains(request.Body, text)))
        {
            return false;
        }

        switch (isTooLarge ? "413" : Text("refusedAs") ?? "413")
        {
            case "500":
                await fail();
                break;
            case "hang":
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, context.RequestAborted);
                break;
            case "html":
                await PageAsync(context, StatusCodes.Status200OK, Page200);
                break;
            default:
                await PageAsync(context, StatusCodes.Status413PayloadTooLarge, Page413);
                break;
        }

        return true;
    }

    /// <summary>PHP dies when it comes to this item; what it did before stays.</summary>
    public void Survive(JsonElement item)
    {
        if (Text("fatalText") is { } fatal && Contains(item, fatal))
        {
            throw new WooFatalException();
        }
    }

    public Task WorkAsync(int creates, int others, CancellationToken cancellationToken)
    {
        var took = (Number("perCallMs") ?? 0) + (creates * (Number("perCreateMs") ?? 0)) + (others * (Number("perUpdateMs") ?? 0));
        return took > 0 ? Task.Delay(TimeSpan.FromMilliseconds(took), clock, cancellationToken) : Task.CompletedTask;
    }

    /// <summary>Back to a fast host.</summary>
    public void Reset()
    {
        lock (gate)
        {
            numbers.Clear();
            texts.Clear();
            workers = null;
            ClearCounts();
        }
    }

    /// <summary>Sets what is named and nothing else; answers what stands now, or what was wrong.</summary>
    public IResult Change(JsonElement body)
    {
        lock (gate)
        {
            var before = (new Dictionary<string, int>(numbers), new Dictionary<string, string>(texts));
            foreach (var member in body.EnumerateObject())
            {
                var problem = Set(member);
                if (problem is not null)
                {
                    Restore(before.Item1, before.Item2);
                    return Results.Json(new { error = problem }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);
                }
            }

            workers = Number("workers") is > 0 and var count ? new SemaphoreSlim(count) : null;
            ClearCounts();
            return Read();
        }
    }

    public IResult Read()
    {
        lock (gate)
        {
            return Results.Json(new { numbers, texts, mostInFlight = MostInFlight, batches = Batches, batchesWithText = BatchesWithText }, ControlJson.Options);
        }
    }

    private string? Set(JsonProperty member)
    {
        if (Numbers.Contains(member.Name, StringComparer.Ordinal))
        {
            var most = member.Name.EndsWith("Ms", StringComparison.Ordinal) ? LongestMs : MostWorkers;
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var number) || number < 0 || number > most)
            {
                return $"{member.Name} is {member.Value.GetRawText()} but must be a whole number from 0 to {most}.";
            }

            numbers[member.Name] = number;
            return null;
        }

        if (!Texts.Contains(member.Name, StringComparer.Ordinal))
        {
            return $"{member.Name} is not a lever; there are {string.Join(", ", Numbers)}, {string.Join(", ", Texts)}.";
        }

        if (member.Value.ValueKind == JsonValueKind.Null)
        {
            texts.Remove(member.Name);
            return null;
        }

        var text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : "";
        if (text.Length == 0 || (member.Name == "refusedAs" && !WaysToRefuse.Contains(text, StringComparer.Ordinal)))
        {
            return $"{member.Name} is {member.Value.GetRawText()} but must be {(member.Name == "refusedAs" ? $"one of {string.Join(", ", WaysToRefuse)}" : "a text or null")}.";
        }

        texts[member.Name] = text;
        return null;
    }

    private void Restore(Dictionary<string, int> oldNumbers, Dictionary<string, string> oldTexts)
    {
        numbers.Clear();
        texts.Clear();
        foreach (var (name, value) in oldNumbers)
        {
            numbers[name] = value;
        }

        foreach (var (name, value) in oldTexts)
        {
            texts[name] = value;
        }
    }

    private void ClearCounts()
    {
        MostInFlight = inFlight;
        Batches = 0;
        BatchesWithText = 0;
    }

    private int? Number(string name)
    {
        lock (gate)
        {
            return numbers.TryGetValue(name, out var value) ? value : null;
        }
    }

    private string? Text(string name)
    {
        lock (gate)
        {
            return texts.GetValueOrDefault(name);
        }
    }

    private static bool Contains(JsonElement body, string text) => body.ValueKind != JsonValueKind.Undefined && body.GetRawText().Contains(text, StringComparison.Ordinal);

    private static Task PageAsync(HttpContext context, int status, string page)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=UTF-8";
        return context.Response.WriteAsync(page, context.RequestAborted);
    }

    private sealed class Leave(WooHost host, SemaphoreSlim? slots) : IDisposable
    {
        public void Dispose()
        {
            slots?.Release();
            Forget();
        }

        public void Forget()
        {
            lock (host.gate)
            {
                host.inFlight--;
            }
        }
    }
}

/// <summary>PHP has died in the middle of a request.</summary>
public sealed class WooFatalException : Exception;
