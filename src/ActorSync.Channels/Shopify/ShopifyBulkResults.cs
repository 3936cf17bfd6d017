using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// Results on this machine: fetched once, held against what Shopify said of them, and put together into a file with one whole product per line. The files are a
/// cache of this process: whoever finds none fetches the result again, which lives for a week at Shopify.
/// </summary>
internal sealed class ShopifyBulkResults(ChannelTransfer transfer, Uri endpoint, ChannelId channel)
{
    /// <summary>A larger result is not fetched; the work goes on page by page.</summary>
    public const long MaxBytes = 8L * 1024 * 1024 * 1024;
    private static readonly string Home = Path.Combine(Path.GetTempPath(), "actorsync-bulk");
    /// <summary>What a killed process left behind goes with the next one after this.</summary>
    private static readonly TimeSpan Leftover = TimeSpan.FromDays(1);
    private static readonly Lazy<string> Own = new(() => Path.Combine(Home, $"{Environment.ProcessId}-{Path.GetRandomFileName()}"));
    private static readonly SemaphoreSlim OneAtATime = new(1, 1);

    /// <summary>The assembled products of a complete operation. The problem is what keeps it from being taken for complete.</summary>
    public async Task<(string? File, ChannelFault? Fault, string? Problem)> PrepareAsync(
        ShopifyBulkRun run, ImmutableArray<string> connections, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var target = FileOf(run);
        await OneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (File.Exists(target))
            {
                return (target, null, null);
            }

            if (run.Url is not { } url || run.Bytes is not { } bytes)
            {
                return (null, null, "it has no result");
            }

            if (bytes > MaxBytes)
            {
                return (null, null, $"its result of {bytes} bytes is larger than {MaxBytes}");
            }

            CleanUp(now);
            Directory.CreateDirectory(Own.Value);
            var raw = target + ".jsonl";
            try
            {
                return await FetchAsync(run, url, bytes, raw, target, connections, cancellationToken);
            }
            finally
            {
                File.Delete(raw);
            }
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    public void Forget(ShopifyBulkRun run) => File.Delete(FileOf(run));

    /// <summary>Products from <paramref name="offset"/> on, and where the next begin; null = there are no more.</summary>
    public static async Task<(List<JsonElement> Products, long? Next)> ReadAsync(string file, long offset, int count, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (offset < 0 || offset > stream.Length)
        {
            throw new InvalidDataException($"The offset {offset} lies outside of a result of {stream.Length} bytes.");
        }

        stream.Position = offset;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var products = new List<JsonElement>(count);
        var next = offset;
        while (products.Count < count && await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            next += Encoding.UTF8.GetByteCount(line) + 1;
            products.Add(JsonSerializer.Deserialize<JsonElement>(line));
        }

        return (products, next >= stream.Length ? null : next);
    }

    private async Task<(string? File, ChannelFault? Fault, string? Problem)> FetchAsync(
        ShopifyBulkRun run, Uri url, long bytes, string raw, string target, ImmutableArray<string> connections, CancellationToken cancellationToken)
    {
        var got = await SaveAsync(url, raw, cancellationToken);
        if (got.WhyNot is { } fault)
        {
            // A signature past its date: the operation is worth nothing any more, another one may be.
            return fault.Kind == ChannelFaultKind.Transient ? (null, fault, null) : (null, null, fault.Message);
        }

        if (got.Bytes != bytes)
        {
            return (null, CutOff(run, got.Bytes), null);
        }

        var parts = target + ".parts";
        try
        {
            var assembly = new ShopifyBulkAssembly(parts, ShopifyBulkAssembly.BucketsFor(bytes), connections);
            var (counts, problem) = await assembly.AssembleAsync(raw, target + ".new", cancellationToken);
            problem ??= counts.Lines != run.Objects ? $"{counts.Lines} lines of {run.Objects}" : counts.Roots != run.Roots ? $"{counts.Roots} products of {run.Roots}" : null;
            if (problem is not null)
            {
                File.Delete(target + ".new");
                return (null, null, problem);
            }

            File.Move(target + ".new", target, overwrite: true);
            return (target, null, null);
        }
        finally
        {
            Directory.Delete(parts, recursive: true);
        }
    }

    private async Task<TransferResult> SaveAsync(Uri url, string file, CancellationToken cancellationToken)
    {
        await using var stream = File.Create(file);
        return await transfer.DownloadAsync(url, stream, MaxBytes, cancellationToken);
    }

    private static ChannelFault CutOff(ShopifyBulkRun run, long got) => new()
    {
        Kind = ChannelFaultKind.Transient,
        Code = "RESULT_CUT_OFF",
        Message = $"The result of bulk operation {run.Id} has {run.Bytes} bytes but {got} came.",
    };

    private string FileOf(ShopifyBulkRun run)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{endpoint}|{channel.Value}|{run.Id}|{run.CreatedAt.ToUnixTimeSeconds()}|{run.Bytes}");
        return Path.Combine(Own.Value, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)));
    }

    private static void CleanUp(DateTimeOffset now)
    {
        if (!Directory.Exists(Home))
        {
            return;
        }

        foreach (var folder in new DirectoryInfo(Home).EnumerateDirectories().Where(folder => folder.FullName != Own.Value && folder.LastWriteTimeUtc < (now - Leftover).UtcDateTime))
        {
            try
            {
                folder.Delete(recursive: true);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Another process's own; it goes when that one has gone.
            }
        }
    }
}
