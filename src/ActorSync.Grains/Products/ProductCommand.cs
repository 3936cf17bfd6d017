using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Telemetry;

namespace ActorSync.Grains.Products;

/// <summary>
/// One call that waits in a product's mailbox. <see cref="Decide"/> is pure apart from remembering its own reply; it may run several times (after a stale
/// version), and only the last run counts.
/// </summary>
internal abstract class ProductCommand
{
    /// <summary>Settings must be at least this new; 0 = any.</summary>
    public virtual long SettingsVersion => 0;

    /// <summary>The channel that it is about; null = none in particular. Settings that do not know it are read anew: another silo may know it already.</summary>
    public virtual ChannelId? Channel => null;

    /// <summary>When the webhook arrived that tells of a change; null = no webhook.</summary>
    public virtual DateTimeOffset? ArrivedAt => null;

    /// <summary>The span of the call that brought it.</summary>
    public string? Cause { get; } = SyncTraces.Cause;

    public abstract ProductWork Decide(ProductScene scene, ProductWork work);

    /// <summary>Everything is stored: answer the caller.</summary>
    public abstract void Answer(CommittedProduct committed);

    public abstract void Fail(Exception failure);

    /// <summary>
    /// The commit failed because of what this command wants: a SKU or remote product of another hub product. True = answered; false = the command
    /// changed its mind and is to be decided again.
    /// </summary>
    public virtual bool Taken(CommitResult result)
    {
        Fail(new ProductCommitRefusedException(result.Status == CommitStatus.SkuTaken
            ? $"SKU '{result.Key}' belongs to product {result.Owner}."
            : $"Remote product '{result.Key}' is linked to product {result.Owner}."));
        return true;
    }
}

/// <summary>A command with a typed reply.</summary>
internal abstract class ProductCommand<TReply> : ProductCommand
{
    // Asynchronous continuations: a caller must not run inside the pump.
    private readonly TaskCompletionSource<TReply> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TReply> Reply => reply.Task;

    public override void Answer(CommittedProduct committed) => reply.TrySetResult(ReplyTo(committed));

    public override void Fail(Exception failure) => reply.TrySetException(Portable(failure));

    protected void Answer(TReply value) => reply.TrySetResult(value);

    protected abstract TReply ReplyTo(CommittedProduct committed);

    /// <summary>Only exceptions that have a codec reach the caller as themselves; a database driver's own type would arrive as a codec error.</summary>
    private static Exception Portable(Exception failure) => failure switch
    {
        StorageUnavailableException => new StorageUnavailableException(failure.Message),
        ProductCommitRefusedException or ArgumentException or TimeoutException => failure,
        _ => new InvalidOperationException($"{failure.GetType().Name}: {failure.Message}"),
    };
}

/// <summary>The database or a unique key refuses this very write; repeating it as it is will not help.</summary>
[GenerateSerializer, Alias("actorsync.product-commit-refused")]
public sealed class ProductCommitRefusedException(string message) : Exception(message);
