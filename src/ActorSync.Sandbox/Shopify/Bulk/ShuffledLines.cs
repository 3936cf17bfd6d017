using System.Text;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>
/// Writes lines in a random order: up to <see cref="Held"/> of them wait, and one of those goes out whenever another comes. A result of that size is shuffled
/// as a whole; of a larger one each line is displaced by about that many.
/// </summary>
public sealed class ShuffledLines(Stream file, SandboxRandom random) : IAsyncDisposable
{
    public const int Held = 20_000;
    private readonly List<byte[]> waiting = [];

    public long Written { get; private set; }

    /// <summary>Slashes are escaped, as in every bulk result: a parser does not mind, a search in the text does.</summary>
    public async Task AddAsync(string line)
    {
        waiting.Add(Encoding.UTF8.GetBytes(line.Replace("/", "\\/", StringComparison.Ordinal) + "\n"));
        if (waiting.Count > Held)
        {
            await WriteOneAsync();
        }
    }

    /// <summary>What still waits goes out; called for whole results and for partial ones, which therefore end at a line's end.</summary>
    public async Task FlushAsync()
    {
        while (waiting.Count > 0)
        {
            await WriteOneAsync();
        }

        await file.FlushAsync();
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private async Task WriteOneAsync()
    {
        var chosen = random.Next(waiting.Count);
        var line = waiting[chosen];
        waiting[chosen] = waiting[^1];
        waiting.RemoveAt(waiting.Count - 1);
        Written += line.Length;
        await file.WriteAsync(line);
    }
}
