using System.Text.Json;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>How bulk operations behave, changed at any time by POST /_control/shopify/bulk. The "next" members are counters that fall with each use.</summary>
public sealed class BulkLevers
{
    public const string FinishOnce = "once";
    public const string FinishNever = "never";
    public const string FinishTwice = "twice";
    public const string FinishEarly = "early";
    private static readonly string[] Finishes = [FinishOnce, FinishNever, FinishTwice, FinishEarly];

    private static readonly Dictionary<string, (int Standard, int Least, int Most)> Numbers = new(StringComparer.Ordinal)
    {
        // Pace.
        ["tickMs"] = (100, 1, 600_000),
        ["rowsPerTick"] = (500, 1, 100_000),
        ["resultLifeSeconds"] = (7 * 86_400, 0, 7 * 86_400),
        ["formLifeSeconds"] = (86_400, 0, 86_400),

        // What becomes of the next operations.
        ["hangNext"] = (0, 0, 1_000),
        ["failNext"] = (0, 0, 1_000),
        ["cancelNext"] = (0, 0, 1_000),
        ["expireNext"] = (0, 0, 1_000),

        // What becomes of the next lines: left out of the result though they count (and a mutation's line ran), or answered with an error and not run.
        ["loseLines"] = (0, 0, 100_000),
        ["errorLines"] = (0, 0, 100_000),

        // What becomes of the next transfers.
        ["failUploads"] = (0, 0, 1_000),
        ["failDownloads"] = (0, 0, 1_000),
        ["cutDownloads"] = (0, 0, 1_000),
    };

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private string finish = FinishOnce;

    public BulkLevers() => Clear();

    public TimeSpan Tick => TimeSpan.FromMilliseconds(Read("tickMs"));

    /// <summary>Root objects or input lines that one tick works off.</summary>
    public int RowsPerTick => Read("rowsPerTick");

    public TimeSpan ResultLife => TimeSpan.FromSeconds(Read("resultLifeSeconds"));

    public TimeSpan FormLife => TimeSpan.FromSeconds(Read("formLifeSeconds"));

    public string Finish
    {
        get
        {
            lock (gate)
            {
                return finish;
            }
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            finish = FinishOnce;
            foreach (var (name, (standard, _, _)) in Numbers)
            {
                numbers[name] = standard;
            }
        }
    }

    /// <summary>True, and one fewer left, when the counter was set.</summary>
    public bool Take(string counter)
    {
        lock (gate)
        {
            return numbers[counter] > 0 && numbers[counter]-- > 0;
        }
    }

    /// <summary>Changes the members that are named and no others; returns what is wrong, and then nothing has changed.</summary>
    public string? Update(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return $"The body must be a JSON object with some of: finish, {string.Join(", ", Numbers.Keys)}.";
        }

        var changes = new Dictionary<string, int>(StringComparer.Ordinal);
        string? newFinish = null;
        foreach (var member in body.EnumerateObject())
        {
            if (member.NameEquals("finish"))
            {
                newFinish = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : null;
                if (!Finishes.Contains(newFinish, StringComparer.Ordinal))
                {
                    return $"finish is {member.Value.GetRawText()} but must be one of {string.Join(", ", Finishes)}.";
                }
            }
            else if (!Numbers.TryGetValue(member.Name, out var range))
            {
                return $"'{member.Name}' is not a lever. Known: finish, {string.Join(", ", Numbers.Keys)}.";
            }
            else if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var number) || number < range.Least || number > range.Most)
            {
                return $"{member.Name} is {member.Value.GetRawText()} but must be a whole number from {range.Least} to {range.Most}.";
            }
            else
            {
                changes[member.Name] = number;
            }
        }

        lock (gate)
        {
            finish = newFinish ?? finish;
            foreach (var (name, number) in changes)
            {
                numbers[name] = number;
            }
        }

        return null;
    }

    public IReadOnlyDictionary<string, object> Describe()
    {
        lock (gate)
        {
            return new SortedDictionary<string, object>(numbers.ToDictionary(n => n.Key, n => (object)n.Value, StringComparer.Ordinal), StringComparer.Ordinal) { ["finish"] = finish };
        }
    }

    private int Read(string name)
    {
        lock (gate)
        {
            return numbers[name];
        }
    }
}
