using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// Writes many products by one bulk mutation: a line of variables per product goes up as a file, a line of result per product comes back in any order. A line
/// that is there is that product's own answer, even of an operation that failed; one that is not there says nothing, so it may have happened.
/// </summary>
internal sealed class ShopifyBulkPush(ShopifyClient client, ShopifySource source, ShopifyBulkRuns runs, ShopifyBulkResults results, ChannelTransfer transfer)
{
    /// <summary>Products per operation: their ids fit in one query, and at 20 lines per second they are written within minutes.</summary>
    public const int MaxItems = 2_000;
    /// <summary>As in a single call.</summary>
    public const int MaxVariants = 250;
    /// <summary>An operation takes about as many calls: to stage, upload, start, look several times, fetch.</summary>
    public const int MinItems = 10;
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);
    /// <summary>Shopify takes 100 MB.</summary>
    private const int MaxInputBytes = 100_000_000;
    private const long MaxResultBytes = 256L * 1024 * 1024;
    private const string LineNumber = "__lineNumber";

    public async Task<SourcePage> ReadManyAsync(ImmutableArray<string> externalIds, TimeSpan patience, CancellationToken cancellationToken)
    {
        var startedAt = client.Clock.GetUtcNow();
        var document = ShopifyBulkQuery.ProductsOf(externalIds.Where(ShopifyGid.IsNumber));
        var (run, fault) = await runs.StartQueryAsync(document, cancellationToken);
        if (run is { } started)
        {
            (run, fault) = await runs.WaitAsync(started, startedAt + patience, cancellationToken);
        }

        if (run is not { IsComplete: true, Url: not null })
        {
            return new SourcePage { Items = [], Fault = fault };
        }

        var (file, lost, problem) = await results.PrepareAsync(run, ShopifyBulkQuery.Products.Value.Connections, client.Clock.GetUtcNow(), cancellationToken);
        if (file is null)
        {
            if (problem is not null)
            {
                runs.Lost(run.Id, problem);
            }

            return new SourcePage { Items = [], Fault = lost };
        }

        var (nodes, _) = await ShopifyBulkResults.ReadAsync(file, 0, externalIds.Length, cancellationToken);
        results.Forget(run);
        return new SourcePage { Items = [.. nodes.Select(node => source.Observed(Seen(node), ObservationSource.Read, startedAt))] };
    }

    public async Task<BulkStart> StartAsync(int form, ImmutableArray<PushItem> items, CancellationToken cancellationToken)
    {
        var chosen = ShopifyBulkForm.All[form];
        var input = Encoding.UTF8.GetBytes(string.Concat(items.Select(item => Line(chosen, item).ToJsonString() + "\n")));
        if (input.Length > MaxInputBytes)
        {
            return new BulkStart();
        }

        var staged = await client.SendAsync(ShopifyOperations.StagedUpload, new JsonObject
        {
            ["input"] = new JsonArray(new JsonObject
            {
                ["resource"] = "BULK_MUTATION_VARIABLES",
                ["filename"] = "changes.jsonl",
                ["mimeType"] = "text/jsonl",
                ["httpMethod"] = "POST",
            }),
        }, Lane.Price, cancellationToken);
        if (staged.Fault is not null)
        {
            return new BulkStart { Fault = staged.Fault };
        }

        if (Form(staged.Root("stagedUploadsCreate")) is not var (address, fields))
        {
            return new BulkStart { Fault = new ChannelFault { Kind = ChannelFaultKind.Permanent, Code = "NOT_STAGED", Message = "Shopify gave no place for the bulk operation's input." } };
        }

        var upload = await transfer.UploadAsync(address, fields, "changes.jsonl", input, cancellationToken);
        return upload.WhyNot is { } fault ? new BulkStart { Fault = fault }
            : await runs.StartMutationAsync(chosen.Operation.Document, fields.First(field => field.Name == "key").Value, cancellationToken);
    }

    public async Task<BulkStart> FindAsync(int form, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var (run, fault) = await runs.FindMutationAsync(ShopifyBulkForm.All[form].Operation.Document, since, cancellationToken);
        return new BulkStart { Operation = run?.Id, Fault = fault };
    }

    public async Task<BulkLook> LookAsync(string operation, CancellationToken cancellationToken)
    {
        var (run, fault) = await runs.LookAsync(operation, cancellationToken);
        return new BulkLook { IsOver = fault is null && run is null or { IsOver: true }, Done = run?.Objects ?? 0, Fault = fault };
    }

    public async Task<ImmutableArray<PushOutcome>?> CollectAsync(
        string operation, int form, ImmutableArray<PushItem> items, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        var (run, fault) = await runs.LookAsync(operation, cancellationToken);
        if (fault is not null)
        {
            return null;
        }

        var lines = new Dictionary<int, JsonElement>();
        if ((run?.Url ?? run?.PartialUrl) is { } address)
        {
            using var result = new MemoryStream();
            var got = await transfer.DownloadAsync(address, result, MaxResultBytes, cancellationToken);
            if (got.WhyNot is { Kind: ChannelFaultKind.Transient } || (got.IsSuccess && run!.Bytes is { } bytes && bytes != got.Bytes))
            {
                return null;
            }

            if (got.WhyNot is { } gone)
            {
                // A signature past its date: the result is lost for good.
                runs.Lost(operation, gone.Message);
            }

            result.Position = 0;
            await ReadAsync(result, lines, cancellationToken);
        }

        if (lines.Count < items.Length)
        {
            runs.Lost(operation, $"{run?.Status ?? "unknown"}, {lines.Count} lines for {items.Length} products");
        }

        var chosen = ShopifyBulkForm.All[form];
        return [.. items.Select((item, number) => Judge(chosen, item, startedAt, lines.TryGetValue(number, out var line) ? line : null).ToOutcome(client.ClockOffset))];
    }

    /// <summary>The variables of one product's call.</summary>
    internal static JsonObject Line(ShopifyBulkForm form, PushItem item)
    {
        if (form.IsOfVariants)
        {
            return ShopifyVariantPush.Variables(item.ExternalId!, ShopifyVariantPush.Rows(new ShopifyPushState(item, default)));
        }

        var input = new JsonObject { ["id"] = ShopifyGid.Product(item.ExternalId!) };
        foreach (var planned in item.Delta)
        {
            ShopifyMapper.AddProductField(input, planned.Key.Field, planned.Target);
        }

        return new JsonObject { ["product"] = input };
    }

    /// <summary>What one line of the result says of its product.</summary>
    internal static ShopifyPushState Judge(ShopifyBulkForm form, PushItem item, DateTimeOffset startedAt, JsonElement? line)
    {
        var state = new ShopifyPushState(item, startedAt);
        var keys = item.Delta.Select(planned => planned.Key).ToArray();
        if (line is not { } answer || ShopifyMapper.Child(answer, "data") is not { ValueKind: JsonValueKind.Object } data
            || ShopifyMapper.Child(data, form.Root) is not { ValueKind: JsonValueKind.Object } payload)
        {
            state.Fail(keys, new ChannelFault { Kind = ChannelFaultKind.Transient, Code = "NO_RESULT", Message = Words(line) }, mayHaveHappened: true);
        }
        else if (form.IsOfVariants)
        {
            ShopifyVariantPush.Settle(state, ShopifyVariantPush.Rows(state), payload);
        }
        else
        {
            ShopifyPush.SettleFields(state, keys, payload);
        }

        return state;
    }

    private static string Words(JsonElement? line) =>
        line is { } answer && ShopifyMapper.Child(answer, "errors") is { ValueKind: JsonValueKind.Array } errors && errors.GetArrayLength() > 0
        && ShopifyMapper.Child(errors[0], "message") is { ValueKind: JsonValueKind.String } message
            ? message.GetString()! : "The bulk operation's result does not tell what became of this product.";

    private static async Task ReadAsync(Stream result, Dictionary<int, JsonElement> lines, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(result, Encoding.UTF8);
        while (await reader.ReadLineAsync(cancellationToken) is { } text)
        {
            try
            {
                if (text.Length > 0 && JsonSerializer.Deserialize<JsonElement>(text) is var line
                    && ShopifyMapper.Child(line, LineNumber) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var at))
                {
                    lines[at] = line;
                }
            }
            catch (JsonException)
            {
                // Cut off: as good as missing.
            }
        }
    }

    /// <summary>Where the input goes and with which fields, in their order.</summary>
    private static (Uri Address, ImmutableArray<(string Name, string Value)> Fields)? Form(JsonElement? payload)
    {
        if (payload is not { } staged || ShopifyMapper.Child(staged, "stagedTargets") is not { ValueKind: JsonValueKind.Array } targets || targets.GetArrayLength() == 0
            || ShopifyMapper.Child(targets[0], "url") is not { ValueKind: JsonValueKind.String } url)
        {
            return null;
        }

        var fields = targets[0].GetProperty("parameters").EnumerateArray().Select(field => (field.GetProperty("name").GetString()!, field.GetProperty("value").GetString()!)).ToImmutableArray();
        return fields.Any(field => field.Item1 == "key") ? (new Uri(url.GetString()!), fields) : null;
    }

    /// <summary>A bulk result has no order of pictures, so those of a product with several are not shown.</summary>
    private static ObservedProduct Seen(JsonElement node)
    {
        var product = ShopifyMapper.Product(node);
        return product.Images is { Length: > 1 } ? product with { Images = null } : product;
    }
}
