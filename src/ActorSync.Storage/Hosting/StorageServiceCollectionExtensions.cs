using ActorSync.Storage.Channels;
using ActorSync.Storage.Groups;
using ActorSync.Storage.Inbox;
using ActorSync.Storage.Postgres;
using ActorSync.Storage.Products;
using ActorSync.Storage.Retention;
using ActorSync.Storage.Security;
using ActorSync.Storage.Sql;
using ActorSync.Storage.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage;

/// <summary>Registration of the storage.</summary>
public static class StorageServiceCollectionExtensions
{
    /// <summary>
    /// Adds the ports over the dialect that the section names, the migrator, the readiness probe and retention. Options are checked at start, all at once.
    /// </summary>
    /// <param name="services">The host's services; they must hold logging.</param>
    /// <param name="section">"ActorSync:Storage".</param>
    public static IServiceCollection AddActorSyncStorage(this IServiceCollection services, IConfiguration section)
    {
        services.AddOptions<StorageOptions>().Bind(section, binder => binder.ErrorOnUnknownConfiguration = true).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<StorageMetrics>();
        services.AddSingleton<FingerprintCache>(_ => new FingerprintCache());
        services.AddSingleton<SecretBox>();

        // The dialect is known only when the options are: tests and hosts may still change them after this call.
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton<PostgresDatabase>();
        services.AddSingleton<IDatabase>(provider => IsPostgres(provider) ? provider.GetRequiredService<PostgresDatabase>() : provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<IProductGroups>(provider => IsPostgres(provider) ? Make<PostgresProductGroups>(provider) : Make<SqliteProductGroups>(provider));
        services.AddSingleton<IEventGroups>(provider => IsPostgres(provider) ? Make<PostgresEventGroups>(provider) : Make<SqliteEventGroups>(provider));
        services.AddSingleton<IProductLoads>(provider => IsPostgres(provider) ? Make<PostgresProductLoads>(provider) : Make<SqliteProductLoads>(provider));

        services.AddSingleton<IProductStore, ProductStore>();
        services.AddSingleton<IInboxStore, InboxStore>();
        services.AddSingleton<IProductQueries, ProductQueries>();
        services.AddSingleton<IChannelRegistry, ChannelRegistry>();
        services.AddSingleton<ITokenStore, TokenStore>();
        services.AddSingleton<IApiKeyStore, ApiKeyStore>();
        services.AddSingleton<IWebKeyStore, WebKeyStore>();
        services.AddSingleton<IIdempotencyStore, IdempotencyStore>();
        services.AddSingleton<IStorageMigrator, StorageMigrator>();
        services.AddSingleton<IStorageHealth, StorageHealthCheck>();
        services.AddSingleton<RetentionService>();
        services.AddHostedService(provider => provider.GetRequiredService<RetentionService>());
        services.AddHostedService<UnaccountedSales>();
        return services;
    }

    private static bool IsPostgres(IServiceProvider provider) => provider.GetRequiredService<IOptions<StorageOptions>>().Value.Dialect == StorageDialect.Postgres;

    private static T Make<T>(IServiceProvider provider) => ActivatorUtilities.CreateInstance<T>(provider);
}
