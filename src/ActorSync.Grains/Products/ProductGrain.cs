using System.Diagnostics;
using ActorSync.Abstractions.Feed;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Telemetry;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace ActorSync.Grains.Products;

/// <inheritdoc cref="IProductGrain"/>
/// <remarks>Reentrant because every method only waits in the mailbox: one pump decides all that wait, commits once and answers all.</remarks>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
public sealed partial class ProductGrain : Grain, IProductGrain
{
    /// <summary>Commands that wait at one product; beyond it callers wait.</summary>
    public const int MailboxCapacity = 1024;
    /// <summary>Commands decided and committed together.</summary>
    public const int TurnSize = 256;
    /// <summary>Times a turn is decided again because another activation or a job had written first.</summary>
    public const int MaxStaleTries = 5;

    private readonly IProductStore store;
    private readonly ITenantDirectory directory;
    private readonly TimeProvider clock;
    private readonly ILogger<ProductGrain> logger;
    private readonly Mailbox<ProductCommand> mailbox;

    private TenantId tenant;
    private ProductId id;
    private CommittedProduct? committed;
    private TenantSettings? settings;
    private ImmutableDictionary<ChannelId, ChannelScene> channels = ImmutableDictionary<ChannelId, ChannelScene>.Empty;

    public ProductGrain(
        IProductStore store,
        ITenantDirectory directory,
        [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
        ILogger<ProductGrain> logger)
    {
        this.store = store;
        this.directory = directory;
        this.clock = clock;
        this.logger = logger;
        mailbox = new Mailbox<ProductCommand>(MailboxCapacity, TurnSize, TurnAsync);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (tenant, id) = ProductGrainKey.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    /// <summary>Commands that were taken in are answered before the activation goes.</summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => mailbox.Drained.WaitAsync(cancellationToken);

    public Task<ObserveReply> ObserveAsync(ObserveCommand command) => SendAsync(new ObserveProduct(command));

    public Task<EditReply> EditAsync(EditCommand command) => SendAsync(new EditProduct(command));

    public Task<BeginPushReply> BeginPushAsync(ChannelId channel, string pushId) => SendAsync(new BeginPush(channel, pushId));

    public Task<BeginPushReply> BeginBulkAsync(ChannelId channel, string pushId) => SendAsync(new BeginBulk(channel, pushId));

    public Task<SettleReply> SettlePushAsync(ChannelId channel, PushOutcome outcome) => SendAsync(new SettlePush(channel, outcome));

    public Task DecideFirstContactAsync(ChannelId channel, Origin winner) => SendAsync(new DecideFirstContact(channel, winner));

    public Task LearnPicturesAsync(ChannelId channel, ImmutableArray<PictureReading> readings) => SendAsync(new LearnPictures(channel, readings));

    public Task<EditReply> ResolveAsync(ConflictResolution resolution) => SendAsync(new ResolveConflicts(resolution));

    public Task RefreshAsync(long settingsVersion) => SendAsync(new RefreshProduct(settingsVersion));

    public Task RetryAsync(ImmutableArray<ChannelId> channels) => SendAsync(new RetryPush(channels));

    public Task ReleaseGuardAsync(ChannelId channel, string actor) => SendAsync(new ReleaseGuard(channel, actor, onlyWithdrawal: false));

    public Task<bool> ReleaseWithdrawalAsync(ChannelId channel, string actor) => SendAsync(new ReleaseGuard(channel, actor, onlyWithdrawal: true));

    public Task HoldWithdrawalAsync(ChannelId channel, string pushId) => SendAsync(new HoldWithdrawal(channel, pushId));

    public Task<bool> ExplainSaleAsync(SaleExplanation explanation) => SendAsync(new ExplainSale(explanation));

    public Task<bool> DeleteAsync(string actor) => SendAsync(new DeleteProduct(actor));

    public async Task<ProductSnapshot?> GetAsync()
    {
        var state = committed ?? await SendAsync(new LoadProduct());
        return state.Product is null
            ? null
            : new ProductSnapshot { Product = state.Product, Links = [.. state.Links.Values], SyncStatus = state.Index!.SyncStatus };
    }

    public async Task<ImmutableArray<ChannelPlan>> PlansAsync()
    {
        var state = committed ?? await SendAsync(new LoadProduct());
        if (state.Product is not { } product)
        {
            return [];
        }

        var scene = await SceneAsync([]);
        return [.. scene.Channels.Values.OrderBy(channel => channel.Id.Value, StringComparer.Ordinal).Select(channel => PlanOf(scene, channel, product, state))];
    }

    private static ChannelPlan PlanOf(ProductScene scene, ChannelScene channel, ProductState product, CommittedProduct state)
    {
        var link = state.Links.GetValueOrDefault(channel.Id) ?? Reconciler.NewLink(channel.Id);
        var plan = ProductScene.Plan(scene.Of(channel), product, link, state.Links);
        return new ChannelPlan
        {
            Channel = channel.Id,
            Action = plan.Action,
            Delta = plan.Delta,
            Withheld = plan.Withheld,
            Guard = plan.Guard,
            ReadFirst = plan.ReadFirst,
        };
    }

    private async Task<TReply> SendAsync<TReply>(ProductCommand<TReply> command)
    {
        await mailbox.EnqueueAsync(command);
        return await command.Reply;
    }

    /// <summary>One turn: load, decide, commit once, answer all. Never throws.</summary>
    private async Task TurnAsync(ImmutableArray<ProductCommand> commands)
    {
        var pending = commands;
        using var span = SyncTraces.Begin(SyncTraces.Turn, ActivityKind.Internal, commands, static command => command.Cause);
        span?.SetTag("actorsync.commands", commands.Length);
        try
        {
            // Each Taken answers a command or narrows what it wants, once or twice per command.
            for (int stale = 0, taken = 0; !pending.IsEmpty && stale < MaxStaleTries && taken <= 3 * commands.Length;)
            {
                var scene = await SceneAsync(pending);
                committed ??= CommittedProduct.Loaded(scene, await store.LoadAsync(id, CancellationToken.None));
                (var work, pending) = DecideAll(scene, committed.Begin(), pending);
                var (commit, after) = ProductCommits.Of(scene, committed, work);
                if (pending.IsEmpty)
                {
                    return;
                }

                var result = commit is null ? CommitResult.Committed : await CommitAsync(commit);
                switch (result.Status)
                {
                    case CommitStatus.Committed:
                        var before = committed;
                        committed = after;
                        ProductDiagnostics.Decided(pending.Length, commit is not null);
                        AnswerAll(pending, after);
                        if (commit is { Product: not null } or { Links.Length: > 0 } or { Index: not null })
                        {
                            Publish(before, after, scene.Now, pending);
                        }

                        return;
                    case CommitStatus.Stale:
                        stale++;
                        committed = null;
                        ProductDiagnostics.StaleCommits.Add(1);
                        LogStale(id.Value, stale);
                        break;
                    case CommitStatus.SkuTaken or CommitStatus.LinkTaken:
                        taken++;
                        if (CulpritOf(scene, committed, pending, result) is { } culprit)
                        {
                            pending = culprit.Taken(result) ? pending.Remove(culprit) : pending;
                            break;
                        }

                        await EachAloneAsync(pending);
                        return;
                    default:
                        if (pending.Length == 1)
                        {
                            LogRefused(id.Value, result.Error ?? "no reason given");
                            pending[0].Fail(new ProductCommitRefusedException($"The database refuses the write of product {id}: {result.Error}"));
                            return;
                        }

                        await EachAloneAsync(pending);
                        return;
                }
            }

            FailAll(pending, new ProductCommitRefusedException($"Product {id} was written by others each time it was decided; try again."));
        }
        catch (Exception failure)
        {
            // Whether the write happened is not known: the next turn starts from what the database says.
            committed = null;
            LogTurnFailed(id.Value, pending.Length, failure);
            FailAll(pending, failure);
        }
    }

    private async Task EachAloneAsync(ImmutableArray<ProductCommand> commands)
    {
        foreach (var command in commands)
        {
            await TurnAsync([command]);
        }
    }

    private async Task<CommitResult> CommitAsync(ProductCommit commit)
    {
        using var span = SyncTraces.Begin(SyncTraces.Commit);
        var started = clock.GetTimestamp();
        var result = await store.CommitAsync(commit, CancellationToken.None);
        ProductDiagnostics.CommitSeconds.Record(clock.GetElapsedTime(started).TotalSeconds);
        return result;
    }

    /// <summary>Decides in order; a command that throws is failed and leaves no trace.</summary>
    private (ProductWork Work, ImmutableArray<ProductCommand> Decided) DecideAll(ProductScene scene, ProductWork work, ImmutableArray<ProductCommand> commands)
    {
        var decided = ImmutableArray.CreateBuilder<ProductCommand>(commands.Length);
        foreach (var command in commands)
        {
            try
            {
                work = command.Decide(scene, work);
                decided.Add(command);
            }
            catch (Exception failure)
            {
                LogCommandFailed(id.Value, command.GetType().Name, failure);
                command.Fail(failure);
            }
        }

        return (work, decided.ToImmutable());
    }

    /// <summary>The first command after which the product wants what belongs to another; null when that cannot be told.</summary>
    private static ProductCommand? CulpritOf(ProductScene scene, CommittedProduct start, ImmutableArray<ProductCommand> commands, CommitResult result)
    {
        if (commands.Length == 1)
        {
            return commands[0];
        }

        var work = start.Begin();
        foreach (var command in commands)
        {
            work = command.Decide(scene, work);
            var (_, after) = ProductCommits.Of(scene, start, work);
            if (result.Status == CommitStatus.SkuTaken
                ? after.Index?.Variants.Any(variant => variant.IdentitySku == result.Key) == true
                : after.Links.Values.Any(link => link.ExternalId == result.Key))
            {
                return command;
            }
        }

        return null;
    }

    private async Task<ProductScene> SceneAsync(ImmutableArray<ProductCommand> commands)
    {
        var atLeast = commands.IsEmpty ? 0 : commands.Max(command => command.SettingsVersion);
        Use(atLeast > 0 ? await directory.RefreshAsync(tenant, atLeast) : await directory.GetAsync(tenant));
        if (commands.Any(command => command.Channel is { } channel && !channels.ContainsKey(channel)))
        {
            Use(await directory.RefreshAsync(tenant, settings!.Version + 1));
        }

        return new ProductScene { Product = id, Tenant = tenant, Now = clock.GetUtcNow(), Settings = settings!, Channels = channels };
    }

    private void Use(TenantSettings current)
    {
        if (!ReferenceEquals(current, settings))
        {
            channels = ProductScene.ChannelsOf(current, directory);
            settings = current;
        }
    }

    private void AnswerAll(ImmutableArray<ProductCommand> commands, CommittedProduct after)
    {
        foreach (var command in commands)
        {
            try
            {
                command.Answer(after);
            }
            catch (Exception failure)
            {
                LogCommandFailed(id.Value, command.GetType().Name, failure);
                command.Fail(failure);
            }
        }
    }

    private static void FailAll(ImmutableArray<ProductCommand> commands, Exception failure)
    {
        foreach (var command in commands)
        {
            command.Fail(failure);
        }
    }

    /// <summary>The fast path to stores and dashboards. Not awaited and allowed to fail: the truth is the dirty mark that was just committed.</summary>
    private void Publish(CommittedProduct before, CommittedProduct after, DateTimeOffset now, ImmutableArray<ProductCommand> decided)
    {
        try
        {
            var provider = this.GetStreamProvider(SyncStreams.Provider);
            var arrivedAt = decided.Min(command => command.ArrivedAt);
            foreach (var (channel, marking) in after.Markings)
            {
                if (marking.IsNewsAfter(before.Markings.GetValueOrDefault(channel), now))
                {
                    Watch(provider.GetStream<ProductDirty>(StreamId.Create(SyncStreams.ProductChanges, channel.Value)).OnNextAsync(
                        new ProductDirty { Tenant = tenant, Product = id, Lane = marking.Dirty!.Value, DueAt = marking.DueAt, Trace = SyncTraces.Cause, ArrivedAt = arrivedAt }));
                }
            }

            Watch(provider.GetStream<ProductChanged>(StreamId.Create(SyncStreams.ProductFeed, tenant.Value)).OnNextAsync(new ProductChanged { Product = id }));
        }
        catch (Exception failure)
        {
            ProductDiagnostics.PublishFailures.Add(1);
            LogPublishFailed(id.Value, failure.Message);
        }
    }

    private void Watch(Task publishing) => _ = publishing.ContinueWith(
        failed =>
        {
            ProductDiagnostics.PublishFailures.Add(1);
            LogPublishFailed(id.Value, failed.Exception!.GetBaseException().Message);
        },
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
