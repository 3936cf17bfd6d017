using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ActorSync.Storage.Json;

namespace ActorSync.Storage.Groups;

/// <summary>A link with everything that its row needs.</summary>
internal sealed record PreparedLink
{
    public required LinkWrite Write { get; init; }
    public required byte[] Document { get; init; }
    public required string Status { get; init; }
    public required string? Reason { get; init; }
    public required bool IsListed { get; init; }
    public required string? Undecided { get; init; }
    public required string? PlanFields { get; init; }
    public required ImmutableArray<LinkResource> Resources { get; init; }
    public required long ResourcesHash { get; init; }

    public LinkState State => Write.State;
    public string Channel => Write.State.Channel.Value;
}

/// <summary>A remote sub-resource by which webhooks find the product.</summary>
internal sealed record LinkResource(string Key, int Variant, string ExternalId);

/// <summary>One history line as stored.</summary>
internal sealed record PreparedLog(DateTimeOffset At, string Action, bool IsChange, string Entry);

/// <summary>A commit with its documents serialized (on the caller's thread, so that the writer only writes) and its columns computed.</summary>
internal sealed class PreparedCommit : PendingWrite
{
    private readonly TaskCompletionSource<CommitResult> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int bytes;

    public PreparedCommit(ProductCommit commit)
    {
        Commit = commit;
        if (commit.Product is { } product)
        {
            var index = commit.Index ?? throw new ArgumentException($"The commit of {commit.Id} has a product but no index columns.", nameof(commit));
            Document = StorageJson.Write(product with { Version = product.Version + 1 });
            Codes = WithoutDoubles(index.Variants);
            CodesHash = Fingerprint(Codes.SelectMany(code => new[] { code.Variant.ToString(), code.IdentitySku, code.Sku, code.Gtin }));
            Search = SearchText.Of(index);
            TagSearch = SearchText.OfTags(index.Tags);
            NameKey = SearchText.Fold(index.Name ?? "");
        }

        Links = [.. commit.Links.OrderBy(link => link.State.Channel.Value, StringComparer.Ordinal).Select(link => Prepare(commit, link))];
        for (var i = 1; i < Links.Length; i++)
        {
            if (Links[i].Channel == Links[i - 1].Channel)
            {
                throw new ArgumentException($"The commit of {commit.Id} writes the link to channel '{Links[i].Channel}' twice.", nameof(commit));
            }
        }

        Log = [.. commit.Log.Select(entry => new PreparedLog(entry.At, entry.Action.ToString(), IsChange(entry.Action), StorageJson.Write(entry)))];
        Conflicts = [.. commit.Conflicts.DistinctLast(row => row.Id).Select(row => (row, StorageJson.Write(row)))];
        Attempts = commit.Attempts.DistinctLast(attempt => attempt.Id);
        Inbox = [.. commit.Inbox.DistinctLast(ack => ack.Id).OrderBy(ack => ack.Id)];
        Problem = KeyText.Problem(Keys());
        bytes = (Document?.Length ?? 0) + Links.Sum(link => link.Document.Length) + Log.Sum(line => line.Entry.Length) + Conflicts.Sum(row => row.Text.Length);
    }

    public ProductCommit Commit { get; }
    public byte[]? Document { get; }
    public ImmutableArray<VariantCodes> Codes { get; } = [];
    public long CodesHash { get; }
    public string Search { get; } = "";
    public string TagSearch { get; } = "";
    public string NameKey { get; } = "";
    public ImmutableArray<PreparedLink> Links { get; }
    public ImmutableArray<PreparedLog> Log { get; }
    public ImmutableArray<(ConflictRow Row, string Text)> Conflicts { get; }
    public ImmutableArray<AttemptWrite> Attempts { get; }
    public ImmutableArray<InboxAck> Inbox { get; }

    /// <summary>Why no database can take it; null = it may try.</summary>
    public string? Problem { get; }

    public string Id => Commit.Id.Value;
    public string Tenant => Commit.Tenant.Value;
    /// <summary>Version the product row must have; meaningless without a document.</summary>
    public long ExpectedVersion => Commit.Product?.Version ?? 0;
    public Task<CommitResult> Answer => answer.Task;

    public override int Rows => Math.Max(1, (Document is null ? 0 : 1) + Links.Length);
    public override int Bytes => bytes;
    public override string Identity => Commit.Id.Value;

    public void Complete(CommitResult result) => answer.TrySetResult(result);

    public override void Fail(Exception exception) => answer.TrySetException(exception);

    private IEnumerable<string?> Keys() =>
    [
        Id, Tenant, .. Codes.SelectMany(code => new[] { code.IdentitySku, code.Gtin }), .. Conflicts.Select(conflict => conflict.Row.Id),
        .. Links.SelectMany(link => new[] { link.Channel, link.State.ExternalId }), .. Links.SelectMany(link => link.Resources).SelectMany(resource => new[] { resource.Key, resource.ExternalId }),
        .. Attempts.SelectMany(attempt => new[] { attempt.Id, attempt.Channel.Value, attempt.Status }),
    ];

    internal static string StatusText(LinkStatus status) => status switch
    {
        LinkStatus.Excluded => "excluded",
        LinkStatus.Missing => "missing",
        LinkStatus.Linked => "linked",
        LinkStatus.Ambiguous => "ambiguous",
        LinkStatus.DeleteHeard => "delete_heard",
        LinkStatus.Deleted => "deleted",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Unknown link status."),
    };

    internal static LinkStatus StatusOf(string text) => text switch
    {
        "excluded" => LinkStatus.Excluded,
        "missing" => LinkStatus.Missing,
        "linked" => LinkStatus.Linked,
        "ambiguous" => LinkStatus.Ambiguous,
        "delete_heard" => LinkStatus.DeleteHeard,
        "deleted" => LinkStatus.Deleted,
        _ => throw new InvalidDataException($"The link status '{text}' in the database is unknown to this version."),
    };

    private static PreparedLink Prepare(ProductCommit commit, LinkWrite write)
    {
        var state = write.State;
        if (write.Dirty is not null && write.DirtySince is null)
        {
            throw new ArgumentException($"The link of {commit.Id} to channel '{state.Channel}' is dirty without a time since when.", nameof(write));
        }

        var parked = state.Registers.Values.Select(held => held.Parked?.Message).FirstOrDefault(message => message is not null);
        var resources = Resources(state);
        return new PreparedLink
        {
            Write = write,
            Document = StorageJson.Write(state with { Version = state.Version + 1 }),
            Status = StatusText(state.Status),
            Reason = state.HeldByGuard ?? state.Reason ?? state.LastError ?? parked,
            IsListed = state.Status == LinkStatus.Ambiguous || state.HeldByGuard is not null || parked is not null || !write.Undecided.IsDefaultOrEmpty,
            Undecided = StorageJson.WriteList(write.Undecided),
            PlanFields = StorageJson.WriteList(write.PlanFields),
            Resources = resources,
            ResourcesHash = Fingerprint(resources.SelectMany(resource => new[] { resource.Key, resource.ExternalId, resource.Variant.ToString() })),
        };
    }

    private static ImmutableArray<LinkResource> Resources(LinkState state)
    {
        var resources = new List<LinkResource>();
        foreach (var variant in state.Variants)
        {
            resources.Add(new LinkResource(LinkResources.OfVariant(variant.ExternalId), variant.Variant.Value, variant.ExternalId));
            if (variant.StockItemId is { } item)
            {
                resources.Add(new LinkResource(LinkResources.OfStockItem(item), variant.Variant.Value, variant.ExternalId));
            }
        }

        return [.. resources.DistinctLast(resource => resource.Key).OrderBy(resource => resource.Key, StringComparer.Ordinal)];
    }

    // Two variants of one product may carry one SKU (shops allow it); the identity of the tenant can point to one row only, the first.
    private static ImmutableArray<VariantCodes> WithoutDoubles(ImmutableArray<VariantCodes> codes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. codes.DistinctLast(code => code.Variant).OrderBy(code => code.Variant)
            .Select(code => code.IdentitySku is { } sku && !seen.Add(sku) ? code with { IdentitySku = null } : code)];
    }

    private static bool IsChange(LogAction action) => action is LogAction.Created or LogAction.Updated or LogAction.Refused or LogAction.Conflict
        or LogAction.Deleted or LogAction.Reserved or LogAction.Released or LogAction.Resolved;

    private static long Fingerprint(IEnumerable<string?> parts)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\u001f', parts.Select(part => part ?? "\u0000"))), digest);
        return BinaryPrimitives.ReadInt64LittleEndian(digest);
    }
}

/// <summary>Texts that filters look into.</summary>
internal static class SearchText
{
    // Separates the parts, so that a search never matches across two of them.
    private const char Separator = '\u001f';

    public static string Fold(string text) => text.Trim().ToLowerInvariant();

    public static string Of(ProductIndex index)
    {
        var text = new StringBuilder().Append(Separator).Append(Fold(index.Name ?? "")).Append(Separator);
        foreach (var code in index.Variants)
        {
            if (!string.IsNullOrWhiteSpace(code.Sku))
            {
                text.Append(Fold(code.Sku)).Append(Separator);
            }
        }

        return text.ToString();
    }

    public static string OfTags(ImmutableArray<string> tags) =>
        tags.IsDefaultOrEmpty ? "" : Separator + string.Join(Separator, tags.Select(Fold)) + Separator;

    public static string OfTag(string tag) => Separator + Fold(tag) + Separator;
}

/// <summary>Small list helpers of the writers.</summary>
internal static class Lists
{
    /// <summary>One item per key, the last one, in order of first appearance.</summary>
    public static ImmutableArray<T> DistinctLast<T, TKey>(this IReadOnlyList<T> items, Func<T, TKey> key)
        where TKey : notnull
    {
        if (items.Count < 2)
        {
            return [.. items];
        }

        var last = new Dictionary<TKey, int>();
        var result = new List<T>(items.Count);
        foreach (var item in items)
        {
            if (last.TryGetValue(key(item), out var place))
            {
                result[place] = item;
            }
            else
            {
                last.Add(key(item), result.Count);
                result.Add(item);
            }
        }

        return [.. result];
    }
}
